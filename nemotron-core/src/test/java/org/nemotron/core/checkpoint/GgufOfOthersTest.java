package org.nemotron.core.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;
import org.nemotron.core.checkpoint.format.GgufType;
import org.nemotron.core.checkpoint.gguf.GgufFixtures;
import org.nemotron.core.checkpoint.gguf.GgufValue;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.core.text.Tokenizer;

/** Files as other programs write them, and the values that their reference programs compute. */
final class GgufOfOthersTest {
  private static final String TEXT = "It's 12345 sacks, na\u00efve \ud83d\ude42 tart";

  /** The ids of the text without a begin token, by Llama 3's cut. */
  private static final ImmutableIntArray LLAMA3 =
      ImmutableIntArray.of(
          303, 297, 220, 299, 18, 302, 277, 11, 288, 64, 127, 107, 85, 68, 220, 172, 253, 247, 224,
          257, 278, 83);

  /** The ids by the cut of Qwen 2 and Tekken, whose digits are single. */
  private static final ImmutableIntArray SINGLE_DIGITS =
      ImmutableIntArray.of(
          299, 297, 220, 16, 17, 18, 19, 20, 277, 11, 288, 305, 107, 85, 68, 220, 172, 253, 247,
          224, 257, 278, 83);

  private static final int BEGIN = 307;
  private static final int END = 308;
  private static final int END_OF_TURN = 309;

  private Path directory;
  private Path file;

  @BeforeEach
  void name(@TempDir Path directory) {
    this.directory = directory;
    this.file = directory.resolve("model.gguf");
  }

  private static void put(Map<String, GgufValue> keys, String name, GgufValue value) {
    GgufValue unused = keys.put("tokenizer.ggml." + name, value);
  }

  private void llama(Consumer<Map<String, GgufValue>> change) throws IOException {
    GgufFixtures.llama(file, change);
  }

  /** Makes the tokenizer the one of Mistral Nemo, under another name of its cut. */
  private static void putTekken(Map<String, GgufValue> keys, String cut) {
    try {
      GgufFixtures.keys(GgufFixtures.TEKKEN).entrySet().stream()
          .filter(key -> key.getKey().startsWith("tokenizer."))
          .forEach(key -> keys.put(key.getKey(), key.getValue()));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    put(keys, "pre", GgufValue.of(cut));
  }

  private Path unpacked() throws IOException {
    Path model = directory.resolve("unpacked");
    GgufModelUnpacker.unpack(file, model, DType.FLOAT32);
    return model;
  }

  private ImmutableIntArray ids() throws IOException {
    try (Tokenizer tokenizer = Tokenizer.open(unpacked())) {
      return tokenizer.encodeWhole(TEXT);
    }
  }

  private static ImmutableIntArray with(int begin, ImmutableIntArray ids) {
    return ImmutableIntArray.builder().add(begin).addAll(ids).build();
  }

  @Test
  void unpack_llama3WithoutAWord_addsTheBeginToken() throws IOException {
    llama(keys -> {});
    assertThat(ids()).isEqualTo(with(BEGIN, LLAMA3));
  }

  @Test
  void unpack_tekkenWithoutAWord_addsTheBeginToken() throws IOException {
    llama(keys -> putTekken(keys, "tekken"));
    assertThat(ids()).isEqualTo(with(BEGIN, SINGLE_DIGITS));
  }

  @Test
  void unpack_fileThatSaysNo_addsNone() throws IOException {
    llama(keys -> put(keys, "add_bos_token", GgufValue.of(false)));
    assertThat(ids()).isEqualTo(LLAMA3);
  }

  @Test
  void unpack_otherNamesOfKnownCuts_areThoseCuts() throws IOException {
    for (String name : ImmutableList.of("llama3", "llama-v3", "falcon3", "pixtral")) {
      llama(keys -> put(keys, "pre", GgufValue.of(name)));
      assertThat(ids()).as(name).isEqualTo(with(BEGIN, LLAMA3));
    }
    for (String name : ImmutableList.of("deepseek-r1-qwen", "megrez", "qwen2")) {
      llama(keys -> putTekken(keys, name));
      assertThat(ids()).as(name).isEqualTo(SINGLE_DIGITS);
    }
  }

  @Test
  void unpack_unknownCut_isRefusedWithTheNamesAndAWayOut() throws IOException {
    llama(keys -> put(keys, "pre", GgufValue.of("superbpe")));
    assertThatThrownBy(this::unpacked)
        .isInstanceOf(CheckpointFormatException.class)
        .hasMessageStartingWith(file + ": tokenizer.ggml.pre must be one of gpt-2, phi-2, ")
        .hasMessageContaining(" llama-bpe, llama3, llama-v3, falcon3, ")
        .hasMessageEndingWith(
            " to be read, not superbpe.\n"
                + "Maybe take the Hugging Face directory of the original model");
  }

  @Test
  void unpack_endOfTurnByKeyOrByText_endsAnAnswerToo() throws IOException {
    llama(keys -> {});
    assertEnds();
    llama(
        keys -> {
          put(keys, "eot_token_id", GgufValue.of(END_OF_TURN));
        });
    assertEnds();
  }

  private void assertEnds() throws IOException {
    assertThat(ModelSpecReader.read(file).specialTokens().endOfText())
        .containsExactly(END, END_OF_TURN);
    Path model = unpacked();
    for (String name : ImmutableList.of("config.json", "generation_config.json")) {
      JsonNode ids = new JsonMapper().readTree(model.resolve(name).toFile()).path("eos_token_id");
      assertThat(ids.toString()).as(name).isEqualTo("[" + END + "," + END_OF_TURN + "]");
    }
  }

  @Test
  void read_paddingIdOfMinusOne_isPassedOver() throws IOException {
    JsonNode expected =
        new JsonMapper().readTree(GgufFixtures.FILES.resolve("padding-minus-one.json").toFile());
    long[] ids = new JsonMapper().convertValue(expected.path("ids"), long[].class);
    float[] logits =
        new JsonMapper().convertValue(expected.path("logits_last_position"), float[].class);
    try (NativeScope scope = NativeScope.open();
        HeterogeneousModel model =
            ModelReader.read(GgufFixtures.LLAMA, DType.FLOAT32, Device.CPU)) {
      assertThat(model.spec().specialTokens().padding()).isEmpty();
      Tensor computed = model.logits(Tensors.of(ids, 1, ids.length)).select(0, 0);
      assertThat(Tensors.longs(computed.argmax(new org.bytedeco.pytorch.LongOptional(1), false)))
          .isEqualTo(
              new JsonMapper().convertValue(expected.path("argmax_per_position"), long[].class));
      float[] last = Tensors.floats(computed.select(0, ids.length - 1));
      assertThat(last).hasSize(logits.length);
      for (int index = 0; index < last.length; index++) {
        assertThat(last[index]).isCloseTo(logits[index], within(2e-4f));
      }
    }
  }

  @Test
  void read_q4WithAHeadOfQ6K_isTheHeadOfTheReference() throws IOException {
    Path q4 = GgufFixtures.FILES.resolve("q4_0.gguf");
    try (NativeScope scope = NativeScope.open();
        HeterogeneousModel model = ModelReader.read(q4, DType.FLOAT32, Device.CPU);
        NamedTensors tensors = NamedTensors.of(model.tensors())) {
      Tensor head = tensors.get("lm_head.weight");
      float[] values = Tensors.floats(head);
      assertThat(head.sizes().vec().get()).containsExactly(310, 256);
      float[] first = {
        -0.2521019f,
        0.8123283f,
        -0.0560226f,
        0.7563057f,
        -0.8403397f,
        -0.7282944f,
        -0.084034f,
        0.3361359f
      };
      for (int index = 0; index < first.length; index++) {
        assertThat(values[index]).isCloseTo(first[index], within(1e-6f));
      }
      float[] end = {0, -0.2851152f, 0.3301334f, 0};
      for (int index = 0; index < end.length; index++) {
        assertThat(values[2 * 256 - end.length + index]).isCloseTo(end[index], within(1e-6f));
      }
      double sum = 0;
      for (float value : values) {
        sum += value;
      }
      assertThat(sum).isCloseTo(-71.0747, within(1e-3));
    }
  }

  @Test
  void read_firstOfTwoAlone_namesTheOther() throws IOException {
    Path first = directory.resolve("probe-00001-of-00002.gguf");
    Path published = GgufFixtures.FILES.resolve("probe-00001-of-00002.gguf");
    Files.copy(published, first);
    assertThatThrownBy(() -> ModelReader.read(first))
        .isInstanceOf(CheckpointFormatException.class)
        .hasMessage(
            first
                + ": probe-00002-of-00002.gguf, part 2 of 2, is missing.\n"
                + "Maybe download all parts to one directory.");
  }

  @Test
  void convert_ggufToGguf_keepsTokenizerAndWeights() throws IOException {
    llama(keys -> put(keys, "add_bos_token", GgufValue.of(true)));
    Path q8 = directory.resolve("q8.gguf");
    GgufModelWriter.convert(file, q8, GgufType.Q8_0);
    Map<String, GgufValue> before = GgufFixtures.keys(file);
    Map<String, GgufValue> after = GgufFixtures.keys(q8);
    before.keySet().stream()
        .filter(key -> key.startsWith("tokenizer.") || key.equals("general.name"))
        .forEach(key -> assertThat(after.get(key)).as(key).isEqualTo(before.get(key)));
    Path again = directory.resolve("f32.gguf");
    GgufModelWriter.convert(file, again, GgufType.F32);
    assertSameWeights(file, again, 0);
    // Half a step of the greatest of 127 levels; the weights are below 1.
    assertSameWeights(file, q8, 0.5 / 127 + 1e-3);
  }

  @Test
  void write_tokenizerInAGgufFile_isTakenOver() throws IOException {
    llama(keys -> {});
    Path again = directory.resolve("again.gguf");
    try (HeterogeneousModel model = ModelReader.read(file)) {
      GgufModelWriter.write(model, again, GgufType.F32, file);
    }
    assertThat(GgufFixtures.keys(again).get("tokenizer.ggml.merges"))
        .isEqualTo(GgufFixtures.keys(file).get("tokenizer.ggml.merges"));
    assertSameWeights(file, again, 0);
  }

  private static void assertSameWeights(Path one, Path other, double tolerance) throws IOException {
    try (NativeScope scope = NativeScope.open();
        HeterogeneousModel first = ModelReader.read(one);
        HeterogeneousModel second = ModelReader.read(other);
        NamedTensors expected = NamedTensors.of(first.tensors());
        NamedTensors actual = NamedTensors.of(second.tensors())) {
      assertThat(second.spec()).isEqualTo(first.spec());
      for (String name : expected.asMap().keySet()) {
        assertThat(actual.get(name).sub(expected.get(name)).abs().max().item_double())
            .as(name)
            .isLessThanOrEqualTo(tolerance * expected.get(name).abs().max().item_double());
      }
    }
  }

  @Test
  void unpack_formOfChoice_hasTheTokenizerToo() throws IOException {
    llama(keys -> {});
    Path model = directory.resolve("any-model");
    GgufModelUnpacker.unpack(file, model, DType.FLOAT32, CheckpointForm.ANY_MODEL);
    assertThat(Files.readString(model.resolve("config.json"))).contains("AnyModel");
    try (Tokenizer tokenizer = Tokenizer.open(model)) {
      assertThat(tokenizer.encodeWhole(TEXT)).isEqualTo(with(BEGIN, LLAMA3));
    }
  }
}
