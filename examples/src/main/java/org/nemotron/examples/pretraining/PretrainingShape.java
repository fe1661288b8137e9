package org.nemotron.examples.pretraining;

import com.google.common.collect.ImmutableList;
import java.util.Collections;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.RopeSpec;
import picocli.CommandLine.Option;

/** The options that give the shape of the model. */
final class PretrainingShape {
  private static final double EPS = 1e-5;
  private static final double ROPE_BASE = 10_000;

  @Option(
      names = "--width",
      paramLabel = "N",
      description = "of the residual stream (default: 192)")
  private int width = 192;

  @Option(names = "--layers", paramLabel = "N", description = "how many (default: 16)")
  private int layers = 16;

  @Option(names = "--heads", paramLabel = "N", description = "query heads (default: 6)")
  private int heads = 6;

  @Option(names = "--kv-heads", paramLabel = "N", description = "key/value heads (default: 3)")
  private int kvHeads = 3;

  @Option(names = "--head-dim", paramLabel = "N", description = "size of a head (default: 32)")
  private int headDim = 32;

  @Option(names = "--ffn", paramLabel = "N", description = "channels of an FFN (default: 512)")
  private int ffn = 512;

  @Option(
      names = "--positions",
      paramLabel = "N",
      description = "longest context of the model (default: 1024)")
  private int positions = 1024;

  /** Returns the spec of a model with tied embeddings and another's vocabulary and marks. */
  ModelSpec spec(ModelSpec vocabulary) {
    BlockSpec block =
        new BlockSpec(
            new AttentionSpec.GroupedQuery(heads, kvHeads, headDim), new FfnSpec.Gated(ffn));
    return new ModelSpec(
        vocabulary.vocabularySize(),
        width,
        heads,
        headDim,
        EPS,
        new RopeSpec.Plain(ROPE_BASE),
        positions,
        true,
        vocabulary.specialTokens(),
        ImmutableList.copyOf(Collections.nCopies(layers, block)));
  }
}
