package org.nemotron.core.checkpoint;

import static com.google.common.base.Verify.verifyNotNull;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.primitives.Longs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.AttentionTrait;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.RopeSpec;
import org.nemotron.core.spec.Shapes;
import org.nemotron.core.spec.SpecialTokens;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.core.testing.ModelSpecBuilder;

/**
 * Random models over a vocabulary of single letters: each token is another letter, so that a text
 * tells its tokens. Every kind of layer is among them.
 */
public final class LetterModels {
  static final String PROMPT = "Once upon a time,\nthere";

  /** Ends a text; the only token without a letter. */
  static final int END = 0;

  /** The printable letters of ASCII and the end of a line, as byte-level tokenizers spell them. */
  private static final ImmutableList<String> LETTERS = letters();

  private static final int WIDTH = 64;
  private static final int QUERY_HEADS = 4;
  private static final int HEAD_DIM = 16;
  private static final RopeSpec PLAIN = new RopeSpec.Plain(10_000);
  private static final RopeSpec LLAMA3 = new RopeSpec.Llama3(500_000, 8, 1, 4, 64);

  private LetterModels() {}

  /** Returns models of every kind by a name. */
  public static ImmutableMap<String, ModelSpec> specs() {
    BlockSpec block = block(grouped(2), new FfnSpec.Gated(96));
    return ImmutableMap.<String, ModelSpec>builder()
        .put("uniform, untied", spec(PLAIN, false, HEAD_DIM, uniform(block)))
        .put("uniform, tied, llama3 rope", spec(LLAMA3, true, HEAD_DIM, uniform(block)))
        .put(
            "uniform, interpolated rope",
            spec(new RopeSpec.PositionInterpolation(10_000, 4), false, HEAD_DIM, uniform(block)))
        .put(
            "uniform, wide heads",
            spec(PLAIN, true, 24, uniform(block(wide(2), new FfnSpec.Gated(96)))))
        .put(
            "uniform, q, k and v biases",
            spec(
                PLAIN,
                true,
                HEAD_DIM,
                uniform(block(grouped(2, AttentionTrait.INPUT_BIASES), new FfnSpec.Gated(96)))))
        .put(
            "uniform, all biases",
            spec(
                PLAIN,
                false,
                HEAD_DIM,
                uniform(
                    block(
                        grouped(4, AttentionTrait.INPUT_BIASES, AttentionTrait.OUTPUT_BIAS),
                        new FfnSpec.Gated(96)))))
        .put("irregular, untied", spec(PLAIN, false, HEAD_DIM, irregular()))
        .put("irregular, tied, llama3 rope", spec(LLAMA3, true, HEAD_DIM, irregular()))
        .put(
            "irregular, nothing in the first layer",
            spec(
                PLAIN,
                true,
                HEAD_DIM,
                ImmutableList.<BlockSpec>builder()
                    .add(BlockSpec.NO_OP)
                    .addAll(irregular())
                    .add(BlockSpec.NO_OP)
                    .build()))
        .put(
            "irregular, q, k and v biases",
            spec(
                PLAIN,
                false,
                HEAD_DIM,
                ImmutableList.of(
                    block(grouped(1, AttentionTrait.INPUT_BIASES), new FfnSpec.Gated(96)),
                    block(new AttentionSpec.Linear(), new FfnSpec.Gated(32)),
                    block(grouped(4, AttentionTrait.INPUT_BIASES), new FfnSpec.NoOp()))))
        .put(
            "irregular, wide heads",
            spec(
                LLAMA3,
                false,
                24,
                ImmutableList.of(
                    block(wide(4), new FfnSpec.Gated(80)),
                    block(wide(1), new FfnSpec.Gated(96)),
                    block(new AttentionSpec.NoOp(), new FfnSpec.Gated(64)))))
        .buildOrThrow();
  }

  /** Returns the model of this name. */
  public static ModelSpec spec(String name) {
    return verifyNotNull(specs().get(name), name);
  }

  /** Returns layers of every kind. */
  private static ImmutableList<BlockSpec> irregular() {
    return ImmutableList.of(
        block(grouped(4), new FfnSpec.Gated(96)),
        block(new AttentionSpec.Linear(), new FfnSpec.Gated(80)),
        block(grouped(1), new FfnSpec.Linear()),
        block(new AttentionSpec.NoOp(), new FfnSpec.Gated(64)),
        block(grouped(2), new FfnSpec.NoOp()),
        block(new AttentionSpec.NoOp(), new FfnSpec.Linear()));
  }

  private static BlockSpec block(AttentionSpec attention, FfnSpec ffn) {
    return new BlockSpec(attention, ffn);
  }

  private static AttentionSpec grouped(int kvHeads, AttentionTrait... traits) {
    return new AttentionSpec.GroupedQuery(
        QUERY_HEADS, kvHeads, HEAD_DIM, ImmutableSet.copyOf(traits));
  }

  private static AttentionSpec wide(int kvHeads) {
    return new AttentionSpec.GroupedQuery(QUERY_HEADS, kvHeads, 24);
  }

  private static ImmutableList<BlockSpec> uniform(BlockSpec block) {
    return ImmutableList.copyOf(Collections.nCopies(3, block));
  }

  public static ModelSpec spec(
      RopeSpec rope, boolean tied, int headDim, ImmutableList<BlockSpec> blocks) {
    return new ModelSpecBuilder()
        .vocabularySize(LETTERS.size() + 1)
        .width(WIDTH)
        .heads(QUERY_HEADS, headDim)
        .rope(rope)
        .maxPositions(256)
        .tied(tied)
        .specialTokens(
            new SpecialTokens(ImmutableList.of(), ImmutableList.of(END), ImmutableList.of()))
        .blocks(blocks)
        .build();
  }

  /** Returns a model with random weights, which the caller closes. */
  public static HeterogeneousModel model(ModelSpec spec, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    ImmutableMap.Builder<String, Tensor> weights = ImmutableMap.builder();
    try (NativeScope scope = NativeScope.open()) {
      spec.tensorShapes().forEach((name, shape) -> weights.put(name, weight(random, name, shape)));
      try (NamedTensors held = NamedTensors.of(weights.buildOrThrow())) {
        return HeterogeneousModel.of(spec, held);
      }
    }
  }

  /** A matrix keeps the size of what it multiplies; norms lie around 1, biases around 0. */
  private static Tensor weight(SplittableRandom random, String name, ImmutableList<Long> shape) {
    float[] values = new float[Math.toIntExact(Shapes.elements(shape))];
    double scale = shape.size() == 1 ? 0.5 : Math.sqrt(3.0 / shape.get(1));
    for (int index = 0; index < values.length; index++) {
      values[index] = (float) (scale * (2 * random.nextDouble() - 1));
    }
    Tensor tensor = Tensors.of(values, Longs.toArray(shape));
    return name.contains("norm") ? tensor.add(new Scalar(1.0)) : tensor;
  }

  /** Writes the tokenizer of these models. */
  public static void writeTokenizer(Path directory) throws IOException {
    JsonMapper json = new JsonMapper();
    ObjectNode tokenizer = json.createObjectNode();
    tokenizer
        .putArray("added_tokens")
        .addObject()
        .put("id", END)
        .put("content", "</s>")
        .put("special", true);
    tokenizer
        .putObject("pre_tokenizer")
        .put("type", "ByteLevel")
        .put("add_prefix_space", false)
        .put("use_regex", true);
    tokenizer.putObject("decoder").put("type", "ByteLevel");
    ObjectNode model = tokenizer.putObject("model").put("type", "BPE");
    ObjectNode vocabulary = model.putObject("vocab").put("</s>", END);
    for (String letter : LETTERS) {
      vocabulary.put(letter, vocabulary.size());
    }
    model.putArray("merges");
    Files.createDirectories(directory);
    Files.writeString(directory.resolve("tokenizer.json"), tokenizer.toString());
  }

  private static ImmutableList<String> letters() {
    ImmutableList.Builder<String> letters = ImmutableList.builder();
    letters.add("\u010a").add("\u0120");
    for (char letter = '!'; letter <= '~'; letter++) {
      letters.add(String.valueOf(letter));
    }
    return letters.build();
  }

  /** Returns the token ids of {@code text}. */
  static long[] encode(String text) {
    return text.chars()
        .mapToObj(letter -> letter == '\n' ? "\u010a" : letter == ' ' ? "\u0120" : spelled(letter))
        .mapToLong(letter -> LETTERS.indexOf(letter) + 1L)
        .toArray();
  }

  private static String spelled(int letter) {
    return String.valueOf((char) letter);
  }

  /** Returns the letter of a token. */
  static char decode(long id) {
    String letter = LETTERS.get((int) id - 1);
    return letter.equals("\u010a") ? '\n' : letter.equals("\u0120") ? ' ' : letter.charAt(0);
  }
}
