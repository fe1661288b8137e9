package org.nemotron.nas.score;

import static com.google.common.primitives.Ints.constrainToRange;

import com.google.common.primitives.Ints;
import org.nemotron.core.activation.HiddenStates.Place;
import org.nemotron.core.cuda.Gpu;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.Device;
import org.nemotron.nas.score.ScoringSettings.HiddenStates;

/**
 * The memory plan of a scoring batch. Immutable.
 *
 * @param passes how many forward passes run at the same time
 * @param place where the parent's hidden states are kept
 */
record ScoringMemoryPlan(int passes, Place place) {
  /** LibTorch's allocator leaves gaps, and matrix products need workspaces. */
  private static final double USABLE = 0.9;

  /** More tokens than this in a pass keep a GPU busy: a second pass only fills its pauses. */
  private static final long BUSY_TOKENS = 16_384;

  /**
   * Returns the plan for {@code parent}.
   *
   * @param sequences of a batch
   * @param tokens of a sequence
   */
  static ScoringMemoryPlan of(
      HeterogeneousModel parent, ScoringSettings settings, long sequences, long tokens) {
    if (parent.device().equals(Device.CPU)) {
      boolean onHost = settings.hiddenStates() == HiddenStates.HOST;
      return new ScoringMemoryPlan(settings.threads(), onHost ? Place.HOST : Place.DEVICE);
    }
    Gpu gpu = Gpu.of(parent.device());
    gpu.releaseUnused();
    return fitting(
        (long) (USABLE * gpu.freeBytes()),
        Need.of(parent.spec(), parent.dtype().bytes(), sequences * tokens, settings),
        settings);
  }

  /** Returns the plan that fits into {@code freeBytes}: at least one pass, even if it does not. */
  static ScoringMemoryPlan fitting(long freeBytes, Need need, ScoringSettings settings) {
    long besidesLogits = freeBytes - need.logitsBytes();
    boolean allFit = besidesLogits - need.statesBytes() >= need.passBytes();
    Place place =
        switch (settings.hiddenStates()) {
          case AUTOMATIC -> allFit ? Place.DEVICE : Place.HOST;
          case DEVICE -> Place.DEVICE;
          case HOST -> Place.HOST;
        };
    long passesBytes = besidesLogits - (place == Place.DEVICE ? need.statesBytes() : 0);
    int most = need.busy() ? Math.min(2, settings.threads()) : settings.threads();
    return new ScoringMemoryPlan(
        constrainToRange(Ints.saturatedCast(passesBytes / need.passBytes()), 1, most), place);
  }

  /**
   * The memory that a batch needs.
   *
   * @param statesBytes of the parent's hidden states, at every hidden state and between the halves
   * @param logitsBytes of its logits
   * @param passBytes of a running pass
   * @param busy whether one pass keeps a GPU busy
   */
  record Need(long statesBytes, long logitsBytes, long passBytes, boolean busy) {
    /** A sub-block holds a few copies of the hidden states at a time, an FFN of its channels. */
    private static final int STATE_COPIES = 8;

    private static final int CHANNEL_COPIES = 4;

    static Need of(ModelSpec parent, int elementBytes, long tokens, ScoringSettings settings) {
      long stateBytes = tokens * parent.width() * elementBytes;
      long passTokens = tokens * settings.candidatesPerPass();
      int channels = parent.blocks().stream().mapToInt(Need::channels).max().orElse(0);
      long perToken = (long) STATE_COPIES * parent.width() + (long) CHANNEL_COPIES * channels;
      return new Need(
          (2L * parent.layers() + 1) * stateBytes,
          tokens * parent.vocabularySize() * elementBytes,
          passTokens * perToken * elementBytes,
          passTokens >= BUSY_TOKENS);
    }

    private static int channels(BlockSpec block) {
      return block.ffn() instanceof FfnSpec.Gated gated ? gated.channels() : 0;
    }
  }
}
