package org.nemotron.nas.distill;

import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.cuda.Gpu;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.Device;

/**
 * How many layers of a child can keep what their way back needs, in the memory that a GPU has left;
 * the first ones, whose turn is last, are then computed again. On the CPU all keep it.
 */
final class GraphMemory {
  /** What a norm keeps per element of its input: that, and what the projections read. */
  private static final long NORM_BYTES = 4;

  /** What attention keeps per element of queries, keys and values, before and behind rotation. */
  private static final long HEAD_BYTES = 8;

  /** Gates, active gates, ups and their product. */
  private static final long CHANNEL_BYTES = 8;

  /** Of the free memory; the rest is for gradients, chunks of logits and what is at work. */
  static final double SHARE = 0.6;

  /** Of the free memory, for all that a pass needs. */
  private static final double USABLE = 0.85;

  private static final long BFLOAT16_BYTES = 2;

  private final HeterogeneousModel child;
  private long sequences = -1;
  private int atATime;
  private long tokens = -1;
  private int recomputed;

  GraphMemory(HeterogeneousModel child) {
    this.child = child;
  }

  /**
   * Returns how many of the first layers are computed again for batches as large as {@code idsBT};
   * decided when a larger one than before comes, from the memory that is free then.
   */
  synchronized int recomputed(Tensor idsBT) {
    if (idsBT.numel() > tokens) {
      tokens = idsBT.numel();
      recomputed = child.device().equals(Device.CPU) ? 0 : decided(child.spec(), tokens);
    }
    return recomputed;
  }

  /**
   * Returns how many sequences of batches as large as {@code idsBT} are computed at a time: on the
   * CPU all of them; decided like {@link #recomputed}.
   */
  synchronized int sequences(Tensor idsBT) {
    if (idsBT.size(0) > sequences) {
      sequences = idsBT.size(0);
      atATime = Math.toIntExact(sequences);
      if (!child.device().equals(Device.CPU)) {
        Gpu gpu = Gpu.of(child.device());
        gpu.releaseUnused();
        long usable = (long) (USABLE * gpu.freeBytes());
        atATime = fittingSequences(child.spec(), atATime, idsBT.size(1), usable);
      }
    }
    return atATime;
  }

  /**
   * Returns how many sequences of {@code window} tokens are computed at a time in {@code bytes}, if
   * all layers but one are computed again: all, or as many as fit beside the gradients of all
   * layers, and at least one.
   */
  static int fittingSequences(ModelSpec spec, int sequences, long window, long bytes) {
    if (passBytes(spec, sequences * window) <= bytes) {
      return sequences;
    }
    long beside = bytes - BFLOAT16_BYTES * spec.parameters();
    int fitting = sequences - 1;
    while (fitting > 1 && passBytes(spec, fitting * window) > beside) {
      fitting--;
    }
    return Math.max(1, fitting);
  }

  /** Hidden states of all layers, the graph of one layer, logits with gradients, and the head's. */
  private static long passBytes(ModelSpec spec, long batch) {
    long ofLayer =
        spec.blocks().stream().mapToLong(block -> bytesPerToken(spec, block)).max().orElse(0);
    long logits = GlobalWork.chunkElementsOnGpu(spec, batch);
    return batch * (BFLOAT16_BYTES * (spec.layers() + 1) * spec.width() + ofLayer)
        + BFLOAT16_BYTES * (logits + (long) spec.vocabularySize() * spec.width());
  }

  private int decided(ModelSpec spec, long batch) {
    Gpu gpu = Gpu.of(child.device());
    gpu.releaseUnused();
    return fitting(spec, batch, (long) (SHARE * gpu.freeBytes()));
  }

  /** Returns how many of the first layers are not among the last ones that {@code bytes} hold. */
  static int fitting(ModelSpec spec, long batch, long bytes) {
    long left = bytes;
    int layer = spec.layers();
    while (layer > 0) {
      left -= batch * bytesPerToken(spec, spec.block(layer - 1));
      if (left < 0) {
        break;
      }
      layer--;
    }
    return layer;
  }

  /** Returns what the graph of one block keeps of a token, with bfloat16 elements. */
  static long bytesPerToken(ModelSpec spec, BlockSpec block) {
    return block.attention().accept(new OfAttention(spec))
        + block.ffn().accept(new OfFfn(spec.width()));
  }

  private record OfAttention(ModelSpec spec) implements AttentionSpec.Visitor<Long> {
    @Override
    public Long visit(AttentionSpec.GroupedQuery attention) {
      long heads = (attention.queryHeads() + 2L * attention.kvHeads()) * attention.headDim();
      return NORM_BYTES * spec.width() + HEAD_BYTES * heads;
    }

    @Override
    public Long visit(AttentionSpec.Linear attention) {
      return NORM_BYTES * spec.width();
    }

    @Override
    public Long visit(AttentionSpec.NoOp attention) {
      return 0L;
    }
  }

  private record OfFfn(long width) implements FfnSpec.Visitor<Long> {
    @Override
    public Long visit(FfnSpec.Gated ffn) {
      return NORM_BYTES * width + CHANNEL_BYTES * ffn.channels();
    }

    @Override
    public Long visit(FfnSpec.Linear ffn) {
      return NORM_BYTES * width;
    }

    @Override
    public Long visit(FfnSpec.NoOp ffn) {
      return 0L;
    }
  }
}
