package org.nemotron.core.checkpoint;

import static com.google.common.base.Verify.verifyNotNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.io.ByteSource;
import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.checkpoint.format.GgufType;
import org.nemotron.core.checkpoint.gguf.GgufFixtures;
import org.nemotron.core.checkpoint.gguf.GgufValue;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.core.text.Tokenizer;

/** Files as other programs write them must be read here as llama.cpp reads them. */
final class LlamaCppReadsTest {
  private static final ImmutableList<String> TEXTS =
      ImmutableList.of(
          "It's 12345 sacks, na\u00efve \ud83d\ude42 tart",
          "I've  said 3,141.59 things;   DON'T \"quote\" me!\n\n\tTabs, too.\r\n",
          "\u00dcberall fa\u00e7ades: \u732b\u304c\u597d\u304d\uff0c42\u00bd \u20ac \u0434\u0430 x=1+2/3<4>5|`~^$",
          "   leading, 1 22 333 4444\nand trailing   ");

  /**
   * The names that the release of llama.cpp at hand knows, one per cut and what follows from it.
   */
  private static final ImmutableList<String> CUTS =
      ImmutableList.of(
          "gpt-2",
          "phi-2",
          "mpt",
          "olmo",
          "smollm",
          "starcoder",
          "command-r",
          "refact",
          "codeshell",
          "exaone",
          "minerva-7b",
          "llama-bpe",
          "llama3",
          "llama-v3",
          "falcon3",
          "dbrx",
          "smaug-bpe",
          "chatglm-bpe",
          "qwen2",
          "deepseek-r1-qwen",
          "megrez",
          "stablelm2",
          "tekken",
          "gpt-4o",
          "deepseek-coder",
          "deepseek-v3",
          "falcon",
          "bloom",
          "viking",
          "default");

  @TestFactory
  Stream<DynamicTest> unpack_everyNameOfACut_cutsAsLlamaCpp(@TempDir Path directory)
      throws IOException, InterruptedException {
    List<LlamaCpp.Question> questions = new ArrayList<>();
    for (String cut : CUTS) {
      Path file = file(directory, cut);
      GgufFixtures.llama(file, keys -> keys.put("tokenizer.ggml.pre", GgufValue.of(cut)));
      TEXTS.forEach(text -> questions.add(new LlamaCpp.Question(file, text, 1)));
    }
    ImmutableList<LlamaCpp.Answer> answers = LlamaCpp.ask(questions, directory);
    return IntStream.range(0, CUTS.size())
        .mapToObj(
            cut ->
                dynamicTest(
                    CUTS.get(cut),
                    () ->
                        assertCut(
                            file(directory, CUTS.get(cut)),
                            answers.subList(cut * TEXTS.size(), (cut + 1) * TEXTS.size()))));
  }

  /** The library at hand deletes what is called as it is: {@code llama…}. */
  private static Path file(Path directory, String cut) {
    return directory.resolve("cut-" + cut + ".gguf");
  }

  private static void assertCut(Path file, List<LlamaCpp.Answer> answers) throws IOException {
    Path model = file.resolveSibling(file.getFileName() + ".model");
    GgufModelUnpacker.unpack(file, model, DType.FLOAT32);
    try (Tokenizer tokenizer = Tokenizer.open(model)) {
      for (int text = 0; text < TEXTS.size(); text++) {
        assertThat(answers.get(text).error()).isEmpty();
        ImmutableIntArray expected = answers.get(text).prompt();
        assertThat(tokenizer.encode(TEXTS.get(text))).as(TEXTS.get(text)).isEqualTo(expected);
      }
    }
  }

  /** Where a block has its halves, and values of them that make weights of about a tenth. */
  private static final ImmutableMap<GgufType, ImmutableMap<Integer, Integer>> HALVES =
      ImmutableMap.<GgufType, ImmutableMap<Integer, Integer>>builder()
          .put(GgufType.Q2_K, ImmutableMap.of(80, 0x1600, 82, 0x1400))
          .put(GgufType.Q3_K, ImmutableMap.of(108, 0x1400))
          .put(GgufType.Q4_K, ImmutableMap.of(0, 0x0600, 2, 0x0E00))
          .put(GgufType.Q5_K, ImmutableMap.of(0, 0x0300, 2, 0x0E00))
          .put(GgufType.Q6_K, ImmutableMap.of(208, 0x0180))
          .put(GgufType.Q4_0, ImmutableMap.of(0, 0x2000))
          .put(GgufType.Q4_1, ImmutableMap.of(0, 0x2000, 2, 0xAC00))
          .put(GgufType.Q5_0, ImmutableMap.of(0, 0x1C00))
          .put(GgufType.Q5_1, ImmutableMap.of(0, 0x1C00, 2, 0xAC00))
          .put(GgufType.IQ4_NL, ImmutableMap.of(0, 0x1200))
          .put(GgufType.IQ4_XS, ImmutableMap.of(0, 0x0180))
          .buildOrThrow();

  /** Activations are rounded to blocks of bytes, with a scale per 256 for the larger types. */
  private static final double TOLERANCE = 5e-2;

  @Test
  void read_everyQuantizedType_computesAsLlamaCpp(@TempDir Path directory)
      throws IOException, InterruptedException {
    List<LlamaCpp.Question> questions = new ArrayList<>();
    for (GgufType type : HALVES.keySet()) {
      questions.add(new LlamaCpp.Question(quantized(directory, type), TEXTS.get(0), 0));
    }
    assertComputesAs(questions, LlamaCpp.ask(questions, directory), TOLERANCE);
  }

  /** Keys of rotary scaling, as newer and older files have them. */
  private static final ImmutableList<ImmutableMap<String, GgufValue>> SCALINGS =
      ImmutableList.of(
          ImmutableMap.of(),
          ImmutableMap.of("llama.rope.scaling.factor", GgufValue.of(4.0)),
          ImmutableMap.of("llama.rope.scale_linear", GgufValue.of(4.0)),
          ImmutableMap.of("llama.rope.scaling.factor", GgufValue.of(0.0)),
          ImmutableMap.of(
              "llama.rope.scaling.factor", GgufValue.of(2.0),
              "llama.rope.scale_linear", GgufValue.of(4.0)),
          ImmutableMap.of(
              "llama.rope.scaling.type", GgufValue.of("none"),
              "llama.rope.scaling.factor", GgufValue.of(4.0)),
          ImmutableMap.of(
              "llama.rope.scaling.type", GgufValue.of("linear"),
              "llama.rope.scaling.factor", GgufValue.of(3.0)));

  /** Of float32 sums in another order. */
  private static final double EXACT = 1e-5;

  @Test
  void read_keysOfRotaryScaling_computesAsLlamaCpp(@TempDir Path directory)
      throws IOException, InterruptedException {
    List<LlamaCpp.Question> questions = new ArrayList<>();
    for (ImmutableMap<String, GgufValue> scaling : SCALINGS) {
      Path file = directory.resolve("scaling-" + questions.size() + ".gguf");
      GgufFixtures.llama(file, keys -> keys.putAll(scaling));
      questions.add(new LlamaCpp.Question(file, TEXTS.get(0), 0));
    }
    assertComputesAs(questions, LlamaCpp.ask(questions, directory), EXACT);
  }

  @Test
  void read_splitFile_computesAsLlamaCpp(@TempDir Path directory)
      throws IOException, InterruptedException {
    Path first = GgufFixtures.split(directory, 3);
    ImmutableList<LlamaCpp.Question> questions =
        ImmutableList.of(new LlamaCpp.Question(first, TEXTS.get(0), 0));
    assertComputesAs(questions, LlamaCpp.ask(questions, directory), EXACT);
  }

  private static void assertComputesAs(
      List<LlamaCpp.Question> questions, List<LlamaCpp.Answer> answers, double tolerance)
      throws IOException {
    for (int index = 0; index < answers.size(); index++) {
      Path file = questions.get(index).file();
      assertThat(answers.get(index).error()).as(file.toString()).isEmpty();
      assertThat(deviation(file, answers.get(index))).as(file.toString()).isLessThan(tolerance);
    }
  }

  /** Writes a model of width 256 with all matrices of {@code type} whose rows fit it. */
  private static Path quantized(Path directory, GgufType type) throws IOException {
    Path source = GgufFixtures.FILES.resolve("q4_0.gguf");
    SplittableRandom random = new SplittableRandom(type.code());
    ImmutableList.Builder<GgufFixtures.Raw> tensors = ImmutableList.builder();
    for (GgufFixtures.Raw tensor : GgufFixtures.tensors(source)) {
      boolean replaced = tensor.shape().size() == 2 && type.fits(tensor.shape().get(1));
      tensors.add(replaced ? random(tensor, type, random) : tensor);
    }
    Map<String, GgufValue> keys = new LinkedHashMap<>(GgufFixtures.keys(source));
    return GgufFixtures.write(directory.resolve(type + ".gguf"), keys, tensors.build());
  }

  private static GgufFixtures.Raw random(
      GgufFixtures.Raw tensor, GgufType type, SplittableRandom random) {
    byte[] bytes = new byte[(int) type.bytes(tensor.shape())];
    random.nextBytes(bytes);
    for (int block = 0; block < bytes.length; block += type.blockBytes()) {
      int from = block;
      verifyNotNull(HALVES.get(type), "%s", type)
          .forEach(
              (at, half) -> {
                bytes[from + at] = (byte) (int) half;
                bytes[from + at + 1] = (byte) (half >> 8);
              });
    }
    return new GgufFixtures.Raw(tensor.name(), type, tensor.shape(), ByteSource.wrap(bytes));
  }

  private static double deviation(Path file, LlamaCpp.Answer answer) throws IOException {
    Path model = file.resolveSibling(file.getFileName() + ".model");
    GgufModelUnpacker.unpack(file, model, DType.FLOAT32);
    try (NativeScope scope = NativeScope.open();
        Tokenizer tokenizer = Tokenizer.open(model);
        HeterogeneousModel read = ModelReader.read(file, DType.FLOAT32, Device.CPU)) {
      long[] prompt = tokenizer.encodeWhole(TEXTS.get(0)).stream().mapToLong(id -> id).toArray();
      Tensor ids = Tensors.of(prompt, 1, prompt.length);
      Tensor last =
          read.normalize(read.hiddenStates(ids).get(read.spec().layers()))
              .select(1, prompt.length - 1)
              .flatten();
      float[] expected = new float[answer.hidden().size()];
      for (int index = 0; index < expected.length; index++) {
        expected[index] = answer.hidden().get(index);
      }
      return Tensors.of(expected, expected.length).sub(last.div(last.norm())).norm().item_double();
    }
  }
}
