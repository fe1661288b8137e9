package org.nemotron.core.checkpoint.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.ImmutableLongArray;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;
import org.nemotron.core.spec.SpecialTokens;

/** Special tokens as llama.cpp finds them; the values are read off its source. */
final class GgufSpecialTokensTest {
  private static final int ORDINARY = 20;

  private final Map<String, GgufValue> values = new HashMap<>();

  /** Twenty ordinary tokens, called t0 to t19; those of a test follow them. */
  @BeforeEach
  void putByteLevel() {
    put("model", GgufValue.of("gpt2"));
    put("pre", GgufValue.of("qwen2"));
    putTokens();
  }

  private void putTokens(String... further) {
    put(
        "tokens",
        new GgufValue.Texts(
            Stream.concat(
                    IntStream.range(0, ORDINARY).mapToObj(id -> "t" + id), Arrays.stream(further))
                .collect(ImmutableList.toImmutableList())));
  }

  private void put(String name, GgufValue value) {
    GgufValue unused = values.put("tokenizer.ggml." + name, value);
  }

  private GgufKeys keys() {
    return new GgufKeys("x.gguf", ImmutableMap.copyOf(values));
  }

  private GgufSpecialTokens read() throws CheckpointFormatException {
    return GgufSpecialTokens.read(keys(), ORDINARY);
  }

  private SpecialTokens ofSpec() throws CheckpointFormatException {
    return read().ofSpec(keys());
  }

  @Test
  void read_byteLevelWithoutKeys_hasTheDefaultsOfTheKind() throws CheckpointFormatException {
    GgufSpecialTokens read = read();
    assertThat(read.begin()).containsExactly(11);
    assertThat(read.end()).containsExactly(11);
    assertThat(read.unknown()).isEmpty();
    assertThat(read.padding()).isEmpty();
    assertThat(read.addsBegin()).isFalse();
    assertThat(read.passedOver())
        .containsExactly(
            "x.gguf: tokenizer.ggml.eos_token_id is missing: token 11 is taken, llama.cpp's"
                + " default");
    // A begin token that nothing names or adds is none.
    assertThat(ofSpec())
        .isEqualTo(new SpecialTokens(ImmutableList.of(), ImmutableList.of(11), ImmutableList.of()));
  }

  @Test
  void read_sentencePieceWithoutKeys_hasTheDefaultsOfTheKind() throws CheckpointFormatException {
    values.remove("tokenizer.ggml.pre");
    put("model", GgufValue.of("llama"));
    GgufSpecialTokens read = read();
    assertThat(read.begin()).containsExactly(1);
    assertThat(read.end()).containsExactly(2);
    assertThat(read.unknown()).containsExactly(0);
    assertThat(read.addsBegin()).isTrue();
    assertThat(ofSpec())
        .isEqualTo(new SpecialTokens(ImmutableList.of(1), ImmutableList.of(2), ImmutableList.of()));
  }

  @Test
  void read_namesOfCuts_sayWhetherABeginTokenIsAdded() throws CheckpointFormatException {
    for (String name : ImmutableList.of("llama-bpe", "llama3", "pixtral", "tekken")) {
      put("pre", GgufValue.of(name));
      assertThat(read().addsBegin()).as(name).isTrue();
    }
    for (String name : ImmutableList.of("gpt-2", "qwen2", "dbrx", "minicpm5", "unheard-of")) {
      put("pre", GgufValue.of(name));
      assertThat(read().addsBegin()).as(name).isFalse();
    }
    put("pre", GgufValue.of("llama-bpe"));
    put("add_bos_token", GgufValue.of(false));
    assertThat(read().addsBegin()).isFalse();
    put("pre", GgufValue.of("glm4"));
    assertThat(read().begin()).isEmpty();
  }

  @Test
  void read_fileWithoutATokenizer_hasWhatItsKeysName() throws CheckpointFormatException {
    values.clear();
    put("eos_token_id", GgufValue.of(19));
    put("bos_token_id", GgufValue.of(20));
    assertThat(ofSpec())
        .isEqualTo(new SpecialTokens(ImmutableList.of(), ImmutableList.of(19), ImmutableList.of()));
  }

  @Test
  void read_idsThatNoTokenHas_areTheDefaults() throws CheckpointFormatException {
    put("eos_token_id", GgufValue.of(20));
    put("padding_token_id", new GgufValue.Whole(GgufValue.WholeType.INT32, -1));
    put("unknown_token_id", GgufValue.of(4_294_967_295L));
    GgufSpecialTokens read = read();
    assertThat(read.end()).containsExactly(11);
    assertThat(read.padding()).isEmpty();
    assertThat(read.unknown()).isEmpty();
    assertThat(read.passedOver())
        .containsExactly(
            "x.gguf: tokenizer.ggml.eos_token_id (20) is passed over: it must be below the number of"
                + " tokens (20); token 11 is taken, llama.cpp's default",
            "x.gguf: tokenizer.ggml.unknown_token_id (4294967295) is passed over: it must be below"
                + " the number of tokens (20)",
            "x.gguf: tokenizer.ggml.padding_token_id (-1) is passed over: it must be below the"
                + " number of tokens (20)");
  }

  @Test
  void read_idThatIsNoNumber_isRefused() {
    put("eos_token_id", GgufValue.of("</s>"));
    assertThatThrownBy(this::read)
        .isInstanceOf(CheckpointFormatException.class)
        .hasMessage("x.gguf: tokenizer.ggml.eos_token_id must be a whole number");
  }

  @Test
  void read_endsByKeys_areAllThatEndAnAnswer() throws CheckpointFormatException {
    put("eos_token_id", GgufValue.of(9));
    put("eot_token_id", GgufValue.of(5));
    put("eom_token_id", GgufValue.of(7));
    put("fim_pad_token_id", GgufValue.of(3));
    put("fim_rep_token_id", GgufValue.of(2));
    put("fim_sep_token_id", GgufValue.of(1));
    put("fim_pre_token_id", GgufValue.of(12));
    put(
        "eos_token_ids",
        new GgufValue.Wholes(GgufValue.WholeType.INT32, ImmutableLongArray.of(9, 8, 99)));
    assertThat(read().answerEnds()).containsExactly(9, 1, 2, 3, 5, 7, 8);
  }

  @Test
  void read_endsByText_areFoundWithoutKeys() throws CheckpointFormatException {
    put("eos_token_id", GgufValue.of(0));
    for (String text :
        ImmutableList.of(
            "<|eot_id|>",
            "<|eom_id|>",
            "<|im_end|>",
            "<|end|>",
            "<end_of_turn>",
            "<|endoftext|>",
            "<|end_of_text|>",
            "</s>",
            "<EOT>",
            "[EOS]",
            "<end_of_utterance>",
            "<\uff5cend\u2581of\u2581sentence\uff5c>",
            "<|fim_pad|>",
            "<|repo_name|>",
            "<|file_sep|>")) {
      putTokens("<|start_header_id|>", text);
      assertThat(read().answerEnds()).as(text).containsExactly(0, ORDINARY + 1);
    }
    putTokens("<|fim_prefix|>", "<|im_start|>");
    assertThat(read().answerEnds()).containsExactly(0);
    putTokens("<|endoftext|>", "<|im_start|>", "<|im_end|>");
    put("eos_token_id", GgufValue.of(ORDINARY + 2));
    assertThat(read().answerEnds()).containsExactly(ORDINARY + 2, ORDINARY);
  }

  /** The end of a part of an answer is not its end: gpt-oss, Solar Open and Gemma 4. */
  @Test
  void read_endsOfParts_doNotEndAnAnswer() throws CheckpointFormatException {
    put("eos_token_id", GgufValue.of(0));
    putTokens("<|end|>", "<|return|>", "<|call|>");
    assertThat(read().answerEnds()).containsExactly(0, ORDINARY + 1, ORDINARY + 2);
    putTokens("<|end|>", "<|flush|>", "<|calls|>");
    assertThat(read().answerEnds()).containsExactly(0, ORDINARY + 1, ORDINARY + 2);
    putTokens("<|end|>", "<|return|>");
    assertThat(read().answerEnds()).containsExactly(0, ORDINARY, ORDINARY + 1);
    putTokens("</s>", "<|tool_response>");
    assertThat(read().answerEnds()).containsExactly(0, ORDINARY + 1);
  }

  @Test
  void tokens_endsAndFillers_areControlWhateverTheirTypeSays() throws CheckpointFormatException {
    putTokens("<|im_end|>", "<|fim_prefix|>", "<|channel|>", "</s>");
    GgufTokens tokens = GgufTokens.read(keys());
    assertThat(tokens.types().subArray(ORDINARY - 1, ORDINARY + 4))
        .isEqualTo(
            ImmutableLongArray.of(
                GgufVocabulary.NORMAL,
                GgufVocabulary.CONTROL,
                GgufVocabulary.CONTROL,
                GgufVocabulary.USER_DEFINED,
                GgufVocabulary.CONTROL));
    put("fim_pre_token_id", GgufValue.of(3));
    assertThat(GgufTokens.read(keys()).types().get(ORDINARY + 1)).isEqualTo(GgufVocabulary.NORMAL);
  }
}
