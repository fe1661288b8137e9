package org.nemotron.core.nn;

import static com.google.common.base.Preconditions.checkState;

import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.Lanes;
import org.nemotron.core.tensor.WeightFormat;

/** Cores of the processor, in step. */
final class LaneDevice implements InferenceDevice {
  private static final int USUAL_ROWS = 512;

  private final Lanes lanes;
  private boolean closed;

  LaneDevice(int cores) {
    this.lanes = new Lanes(cores);
  }

  @Override
  public WeightFormat bestFormat() {
    return WeightFormat.best();
  }

  @Override
  public int usualRows() {
    return USUAL_ROWS;
  }

  @Override
  public long bytesPerPage(ModelSpec spec) {
    return LaneMemory.bytesPerPage(spec);
  }

  @Override
  public InferenceModel prepare(HeterogeneousModel model, WeightFormat format, int maxRows) {
    checkState(!closed, "this device is closed");
    return new LaneModel(model, format, lanes, maxRows);
  }

  @Override
  public void close() {
    closed = true;
    lanes.close();
  }
}
