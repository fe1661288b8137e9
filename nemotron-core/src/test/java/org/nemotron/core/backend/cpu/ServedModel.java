package org.nemotron.core.backend.cpu;

import com.google.common.primitives.ImmutableIntArray;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.nemotron.core.inference.ForwardBatch;
import org.nemotron.core.inference.InferenceBackend;
import org.nemotron.core.inference.InferenceModel;
import org.nemotron.core.inference.InferenceSession;
import org.nemotron.core.inference.SequenceChunk;
import org.nemotron.core.inference.StepOutput;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.CoreLeases;

/** A model ready to serve, with threads and memory of its own. */
public final class ServedModel implements AutoCloseable {
  static final int MAX_ROWS = 3000;

  private final InferenceBackend device;
  private final InferenceModel model;
  private final InferenceSession session;

  public ServedModel(HeterogeneousModel model, WeightFormat format, int team, int pages) {
    this.device = new CpuBackend(team, CoreLeases.of(team));
    this.model = device.prepare(model, format, MAX_ROWS);
    this.session = this.model.newSession(pages);
  }

  InferenceModel model() {
    return model;
  }

  InferenceSession session() {
    return session;
  }

  public static ImmutableIntArray pages(int from, int to) {
    return ImmutableIntArray.copyOf(IntStream.range(from, to));
  }

  public static SequenceChunk chunk(ImmutableIntArray pages, long[] ids, int from, int to) {
    return new SequenceChunk(
        pages,
        from,
        ImmutableIntArray.copyOf(Arrays.stream(ids, from, to).mapToInt(id -> (int) id)),
        SequenceChunk.ALL_LOGITS);
  }

  /** Returns the logits of all tokens of the chunks, one row after the other. */
  public float[][] step(SequenceChunk... chunks) {
    return rows(session.step(ForwardBatch.of(chunks)));
  }

  /** Returns copies of all rows of logits. */
  public static float[][] rows(StepOutput output) {
    float[][] rows = new float[output.rows()][];
    for (int row = 0; row < rows.length; row++) {
      rows[row] = output.logits(row).clone();
    }
    return rows;
  }

  /** Reads {@code ids} in chunks that end at {@code ends}; returns the logits of all tokens. */
  float[][] read(ImmutableIntArray pages, long[] ids, int... ends) {
    float[][] rows = new float[ids.length][];
    int from = 0;
    for (int end : ends) {
      System.arraycopy(step(chunk(pages, ids, from, end)), 0, rows, from, end - from);
      from = end;
    }
    return rows;
  }

  @Override
  public void close() {
    session.close();
    model.close();
    device.close();
  }
}
