package org.nemotron.examples.benchmark;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import java.util.Collections;
import java.util.List;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.RopeSpec;
import org.nemotron.core.spec.SpecialTokens;

/** The models of Table 3, by their shapes. */
enum Table3Models {
  /** Llama-3.1-Nemotron-51B: layer by layer, query heads of a key/value head and FFN multiplier. */
  B51(
      wide(
          "8:1.3125 16:2.625 8:5.25*3 32:2.625*2 64:2.625*2 32:2.625*2 L:2.625 64:2.625 32:2.625*2"
              + " L:1.3125 8:5.25*19 L:2.625 8:5.25*2 L:2.625 L:5.25 L:2.625*3 -:1.3125 L:1.3125"
              + " 8:5.25 -:1.3125 L:1.3125 -:1.3125 8:5.25 L:1.3125 -:1.3125 L:1.3125*2 -:1.3125*2"
              + " L:1.3125 -:1.3125*2 L:1.3125*4 8:5.25*17")),
  /** Llama-3.3-Nemotron-Super-49B: its child of a later release, without figures in the table. */
  B49(
      wide(
          "8:2.625 8:5.25*5 -:2.625*2 8:5.25*3 -:3.28125 8:5.25*30 -:1.3125 -:2.625*2 -:1.3125"
              + " -:5.25 -:1.3125 -:2.625 -:1.3125*3 8:5.25 -:1.3125 -:1*2 -:1.3125 -:1*3"
              + " -:1.3125*2 -:0.5*2 -:1*2 -:0.5*2 -:1 -:0.5*2 8:5.25*9")),
  /** Llama-3.1-70B. */
  B70(wide("8:5.25*80")),
  /** Llama-3.1-8B. */
  B8(RandomModels.LLAMA_8B);

  private static final int QUERY_HEADS = 64;
  private static final int HEAD_DIM = 128;
  private static final int WIDTH = 8192;
  private static final int CHANNELS_MULTIPLE = 256;
  private static final int MOST_POSITIONS = 8192;

  @SuppressWarnings("ImmutableEnumChecker") // a record of immutable lists
  private final ModelSpec spec;

  Table3Models(ModelSpec spec) {
    this.spec = spec;
  }

  ModelSpec spec() {
    return spec;
  }

  private static ModelSpec wide(String layers) {
    return new ModelSpec(
        RandomModels.LLAMA_8B.vocabularySize(),
        WIDTH,
        QUERY_HEADS,
        HEAD_DIM,
        1e-5,
        new RopeSpec.Llama3(500_000, 8, 1, 4, 8192),
        MOST_POSITIONS,
        false,
        new SpecialTokens(ImmutableList.of(), ImmutableList.of(), ImmutableList.of()),
        blocks(layers));
  }

  /** Parses runs of equal layers, {@code ATTENTION:MULTIPLIER*COUNT}. */
  private static ImmutableList<BlockSpec> blocks(String layers) {
    ImmutableList.Builder<BlockSpec> blocks = ImmutableList.builder();
    for (String run : Splitter.on(' ').split(layers)) {
      List<String> times = Splitter.on('*').splitToList(run);
      List<String> parts = Splitter.on(':').splitToList(times.get(0));
      BlockSpec block = new BlockSpec(attention(parts.get(0)), ffn(parts.get(1)));
      int count = times.size() == 1 ? 1 : Integer.parseInt(times.get(1));
      blocks.addAll(Collections.nCopies(count, block));
    }
    return blocks.build();
  }

  private static AttentionSpec attention(String queryHeadsOfEach) {
    return switch (queryHeadsOfEach) {
      case "L" -> new AttentionSpec.Linear();
      case "-" -> new AttentionSpec.NoOp();
      default ->
          new AttentionSpec.GroupedQuery(
              QUERY_HEADS, QUERY_HEADS / Integer.parseInt(queryHeadsOfEach), HEAD_DIM);
    };
  }

  /** As the model's own code: two thirds of the multiple, rounded up to a multiple of 256. */
  private static FfnSpec ffn(String multiplier) {
    int channels = (int) (2 * Double.parseDouble(multiplier) * WIDTH / 3);
    int rounded = (channels + CHANNELS_MULTIPLE - 1) / CHANNELS_MULTIPLE * CHANNELS_MULTIPLE;
    return new FfnSpec.Gated(rounded);
  }
}
