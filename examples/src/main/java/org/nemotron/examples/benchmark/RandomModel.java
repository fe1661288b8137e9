package org.nemotron.examples.benchmark;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.nemotron.core.checkpoint.ModelSpecReader;
import org.nemotron.core.checkpoint.ModelWriter;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.RopeSpec;
import org.nemotron.core.spec.SpecialTokens;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.Seed;
import org.nemotron.examples.shell.ModelArgument;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Writes a model with random weights: a parent of any size for a trial of what takes long. Matrices
 * are normal with a deviation of 0.02, norms are ones, as in a model that transformers has just
 * made.
 */
@Command(
    name = "random-model",
    mixinStandardHelpOptions = true,
    description = "Writes a model of a shape with random weights, without holding it in memory.")
public final class RandomModel implements Callable<Integer> {
  /** Shapes with a name. */
  enum Shape {
    /** Llama-3.1-8B's. */
    LLAMA_8B,
    /** Four layers of Llama-3.1-8B's. */
    WIDE,
    /** Eight layers of width 128, a vocabulary larger than most. */
    TINY
  }

  private static final int LLAMA_POSITIONS = 131_072;

  @Option(
      names = "--shape",
      paramLabel = "SHAPE",
      description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE})")
  private Shape shape = Shape.LLAMA_8B;

  @Option(
      names = "--config",
      paramLabel = "MODEL",
      description = "directory whose config.json gives the shape, in place of --shape")
  private @Nullable Path config;

  @Option(
      names = "--tokenizer",
      paramLabel = "MODEL",
      required = true,
      description = "Hugging Face directory with the tokenizer and its special tokens")
  private Path tokenizer;

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      description = "where weights are made: cpu, cuda or cuda:N (default: ${DEFAULT-VALUE})")
  private String device = "cpu";

  @Option(names = "--seed", paramLabel = "N", description = "(default: ${DEFAULT-VALUE})")
  private long seed = 1;

  @Parameters(index = "0", paramLabel = "TARGET", description = "directory to write")
  private Path target;

  @SuppressWarnings("NullAway.Init") // picocli sets them
  private RandomModel() {}

  @Override
  public Integer call() throws IOException {
    if (Files.exists(target)) {
      throw new IOException(target + " is there already.\nMaybe name a new directory.");
    }
    ModelSpec vocabulary = ModelSpecReader.read(ModelArgument.checked(tokenizer));
    ModelSpec spec = withTokens(spec(), vocabulary.specialTokens());
    checkArgument(
        vocabulary.vocabularySize() <= spec.vocabularySize(),
        "%s has a vocabulary of %s; it must not exceed that of the shape (%s)",
        tokenizer,
        vocabulary.vocabularySize(),
        spec.vocabularySize());
    long began = System.nanoTime();
    ModelWriter.write(
        spec,
        new RandomWeights(spec, Device.parse(device), DType.BFLOAT16, new Seed(seed)),
        target,
        DType.BFLOAT16,
        tokenizer);
    System.out.printf(
        Locale.ROOT,
        "%s: %,d parameters in %d layers, %.1f s%n",
        target,
        spec.parameters(),
        spec.layers(),
        (System.nanoTime() - began) / 1e9);
    return 0;
  }

  private ModelSpec spec() throws IOException {
    if (config != null) {
      return ModelSpecReader.read(ModelArgument.checked(config));
    }
    return switch (shape) {
      case LLAMA_8B -> withPositions(RandomModels.LLAMA_8B);
      case WIDE -> withPositions(RandomModels.WIDE);
      case TINY -> tiny();
    };
  }

  private static ModelSpec withPositions(ModelSpec spec) {
    return with(spec, LLAMA_POSITIONS, spec.specialTokens());
  }

  private static ModelSpec withTokens(ModelSpec spec, SpecialTokens tokens) {
    return with(spec, spec.maxPositions(), tokens);
  }

  private static ModelSpec with(ModelSpec spec, int positions, SpecialTokens tokens) {
    return new ModelSpec(
        spec.vocabularySize(),
        spec.width(),
        spec.queryHeads(),
        spec.headDim(),
        spec.rmsNormEps(),
        spec.rope(),
        positions,
        spec.tiedEmbeddings(),
        tokens,
        spec.blocks());
  }

  private static ModelSpec tiny() {
    BlockSpec block =
        new BlockSpec(new AttentionSpec.GroupedQuery(8, 4, 16), new FfnSpec.Gated(448));
    return new ModelSpec(
        16_384,
        128,
        8,
        16,
        1e-5,
        new RopeSpec.Llama3(500_000, 8, 1, 4, 8192),
        LLAMA_POSITIONS,
        false,
        new SpecialTokens(ImmutableList.of(), ImmutableList.of(), ImmutableList.of()),
        ImmutableList.copyOf(Collections.nCopies(8, block)));
  }
}
