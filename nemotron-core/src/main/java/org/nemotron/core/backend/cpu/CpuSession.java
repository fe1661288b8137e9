package org.nemotron.core.backend.cpu;

import static com.google.common.base.Preconditions.checkElementIndex;
import static com.google.common.base.Preconditions.checkState;

import com.google.common.primitives.ImmutableLongArray;
import org.nemotron.core.inference.ForwardBatch;
import org.nemotron.core.inference.InferenceModel;
import org.nemotron.core.inference.InferenceSession;
import org.nemotron.core.inference.StepOutput;
import org.nemotron.core.tensor.Resources;

/** Steps of a {@link CpuModel}, their keys and values in a {@link CpuKvCache}. */
final class CpuSession implements InferenceSession {
  /** Rows whose logits are computed together. */
  static final int HEAD_ROWS = 64;

  private final CpuModel model;
  private final CpuKvCache cache;
  private final CpuWorkspace space;
  private final float[] logits;
  private final Resources parts;
  private long steps;
  private boolean closed;

  CpuSession(CpuModel model, int pages) {
    this.model = model;
    try (Resources made = new Resources()) {
      this.cache = made.add(new CpuKvCache(model.share(), pages), CpuKvCache::close);
      this.space = made.add(model.newWorkspace(), CpuWorkspace::close);
      this.parts = made.complete();
    }
    this.logits = new float[model.spec().vocabularySize()];
  }

  @Override
  public InferenceModel model() {
    return model;
  }

  @Override
  public int pages() {
    return cache.pages();
  }

  @Override
  public StepOutput step(ForwardBatch batch) {
    CpuStep step = begin(batch);
    model.team().step(step.rows().rows(), worker -> runLayers(step, worker));
    return new Output(step, steps);
  }

  private void runLayers(CpuStep step, ThreadTeam.Worker worker) {
    for (int layer = 0; layer < model.spec().layers(); layer++) {
      model.runLayer(step, layer, worker);
    }
  }

  @Override
  public ImmutableLongArray layerNanos(ForwardBatch batch) {
    CpuStep step = begin(batch);
    int layers = model.spec().layers();
    long[] ends = new long[layers + 1];
    model.team().runAll(worker -> runTimed(step, ends, worker));
    ImmutableLongArray.Builder nanos = ImmutableLongArray.builder(layers);
    for (int layer = 0; layer < layers; layer++) {
      nanos.add(ends[layer + 1] - ends[layer]);
    }
    return nanos.build();
  }

  private void runTimed(CpuStep step, long[] ends, ThreadTeam.Worker worker) {
    for (int layer = 0; layer < ends.length; layer++) {
      if (worker.index() == 0) {
        ends[layer] = System.nanoTime();
      }
      if (layer < ends.length - 1) {
        model.runLayer(step, layer, worker);
      }
    }
  }

  private CpuStep begin(ForwardBatch batch) {
    checkOpen();
    batch.checkFits(model, cache.pages());
    steps++;
    BatchRows rows = new BatchRows(batch);
    model.embed(rows, space);
    return new CpuStep(rows, cache, space);
  }

  private void checkOpen() {
    model.checkOpen();
    checkState(!closed, "this session is closed");
  }

  /** The logits of a step: the residual stream stays until the next one. */
  private final class Output implements StepOutput {
    private final CpuStep step;
    private final long number;
    private int computedFrom = -1;

    Output(CpuStep step, long number) {
      this.step = step;
      this.number = number;
    }

    @Override
    public int rows() {
      return step.rows().wanted();
    }

    @Override
    public boolean isSampled(int row) {
      int unused = checkElementIndex(row, rows(), "row");
      return false;
    }

    @Override
    public int token(int row) {
      throw new IllegalStateException("row " + row + ": no token was sampled");
    }

    @Override
    public float[] logits(int row) {
      checkOpen();
      checkState(number == steps, "the logits of a step are lent until the next one");
      int first = checkElementIndex(row, rows(), "row") / HEAD_ROWS * HEAD_ROWS;
      if (first != computedFrom) {
        int count = Math.min(HEAD_ROWS, rows() - first);
        computedFrom = -1;
        space.roomForLogits(count, model.vocabulary());
        model.team().run(step.rows().rows(), worker -> model.runHead(step, first, count, worker));
        model.joinLogits(space, count);
        computedFrom = first;
      }
      space.readLogits(row - first, logits);
      return logits;
    }
  }

  @Override
  public void close() {
    closed = true;
    model.team().awaitHelpers();
    parts.close();
  }
}
