package org.nemotron.examples.benchmark;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.util.Collections;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.RopeSpec;
import org.nemotron.core.spec.SpecialTokens;
import org.nemotron.core.tensor.Seed;
import org.nemotron.core.text.TokenCorpus;
import org.nemotron.nas.library.SearchSpace;

/**
 * A parent's shape and how much work scoring and distillation are on it. Immutable.
 *
 * @param spec the parent
 * @param scoredSequences sequences that candidates are scored on
 * @param scoredTokens tokens of each
 * @param scoredBatch sequences whose hidden states are kept at a time
 * @param candidatesPerPass candidates that share a pass through the layers behind them
 * @param trainedBatch sequences of a step of distillation
 * @param trainedTokens tokens of each
 * @param trainedSteps steps of every candidate
 */
record TrainingShape(
    ModelSpec spec,
    int scoredSequences,
    int scoredTokens,
    int scoredBatch,
    int candidatesPerPass,
    int trainedBatch,
    int trainedTokens,
    int trainedSteps) {
  /** puzzletron's documented run of scoring: 8 sequences of 8,192 tokens. */
  private static final TrainingShape LARGE =
      new TrainingShape(RandomModels.LLAMA_8B, 8, 8192, 2, 3, 8, 4096, 6);

  /** The same in small, for a try on the CPU. */
  private static final TrainingShape SMALL = new TrainingShape(tiny(), 4, 64, 2, 3, 2, 32, 3);

  /** What a shape is called. */
  enum Name {
    /** Llama-3.1-8B's. */
    LLAMA_8B,
    /** Four layers of Llama-3.1-8B's. */
    WIDE,
    /** The shape of tale-63m: 20 layers of width 512. */
    TALE_63M,
    /** Four layers of width 128. */
    TINY
  }

  static TrainingShape of(Name name) {
    return switch (name) {
      case LLAMA_8B -> LARGE;
      case WIDE -> LARGE.with(RandomModels.WIDE);
      case TALE_63M -> LARGE.with(RandomModels.TALE_63M);
      case TINY -> SMALL;
    };
  }

  private TrainingShape with(ModelSpec other) {
    return new TrainingShape(
        other,
        scoredSequences,
        scoredTokens,
        scoredBatch,
        candidatesPerPass,
        trainedBatch,
        trainedTokens,
        trainedSteps);
  }

  private static ModelSpec tiny() {
    return new ModelSpec(
        512,
        128,
        4,
        32,
        1e-5,
        new RopeSpec.Plain(10_000),
        1024,
        false,
        new SpecialTokens(ImmutableList.of(), ImmutableList.of(), ImmutableList.of()),
        ImmutableList.copyOf(
            Collections.nCopies(
                4,
                new BlockSpec(new AttentionSpec.GroupedQuery(4, 2, 32), new FfnSpec.Gated(448)))));
  }

  /** Attention as it is or none; FFNs of 80, 61, 41 and 21 % of the channels, or none. */
  SearchSpace scored() {
    return SearchSpace.builder()
        .ffnFractions(11_520 / 14_336.0, 8_704 / 14_336.0, 5_888 / 14_336.0, 3_072 / 14_336.0)
        .noOpAttention(true)
        .noOpFfn(true)
        .build();
  }

  /** Half as many key/value heads and so on down to one, and the same four FFNs. */
  SearchSpace trained() {
    return scored().toBuilder().kvHeads(4, 2, 1).noOpAttention(false).noOpFfn(false).build();
  }

  /** Returns tokens without meaning. */
  TokenCorpus tokens(int count) {
    return TokenCorpus.of(
        ImmutableIntArray.copyOf(new Seed(11).random().ints(count, 0, spec.vocabularySize())));
  }
}
