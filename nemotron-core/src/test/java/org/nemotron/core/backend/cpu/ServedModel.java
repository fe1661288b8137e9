package org.nemotron.core.backend.cpu;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.nemotron.core.inference.InferenceBackend;
import org.nemotron.core.inference.InferenceModel;
import org.nemotron.core.inference.KvCache;
import org.nemotron.core.inference.SequenceChunk;
import org.nemotron.core.inference.SequenceChunk.LogitsWanted;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.nn.HeterogeneousModel;

/** A model ready to serve, with threads and memory of its own. */
public final class ServedModel implements AutoCloseable {
  static final int MAX_ROWS = 3000;

  private final InferenceBackend device;
  private final InferenceModel model;
  private final KvCache memory;

  public ServedModel(HeterogeneousModel model, WeightFormat format, int team, int pages) {
    this.device = new CpuBackend(team);
    this.model = device.prepare(model, format, MAX_ROWS);
    this.memory = this.model.newMemory(pages);
  }

  InferenceModel model() {
    return model;
  }

  KvCache memory() {
    return memory;
  }

  public static ImmutableIntArray pages(int from, int to) {
    return ImmutableIntArray.copyOf(IntStream.range(from, to));
  }

  public static SequenceChunk chunk(ImmutableIntArray pages, long[] ids, int from, int to) {
    return new SequenceChunk(
        pages,
        from,
        ImmutableIntArray.copyOf(Arrays.stream(ids, from, to).mapToInt(id -> (int) id)),
        LogitsWanted.ALL);
  }

  /** Returns the logits of all tokens of the chunks, one row after the other. */
  public float[][] step(SequenceChunk... chunks) {
    float[][] rows = new float[Arrays.stream(chunks).mapToInt(SequenceChunk::wanted).sum()][];
    model.step(
        ImmutableList.copyOf(chunks), memory, (index, logits) -> rows[index] = logits.clone());
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
    memory.close();
    model.close();
    device.close();
  }
}
