package org.nemotron.core.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.AttentionTrait;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.RopeSpec;
import org.nemotron.core.spec.SpecialTokens;

/**
 * Keys of a config.json that contradict each other, are left out, or are null. The values are those
 * that transformers 5.18 computes with; what it refuses, or settles in silence so that the user
 * would not know, is refused by name.
 */
final class TransformersConfigTest {
  private static final JsonMapper JSON = new JsonMapper();
  private static final String MISSING = "\"missing\"";

  // In tables, ' stands for " and ~ for a new line.

  private final Path directory;
  private final Path config;

  TransformersConfigTest(@TempDir Path directory) {
    this.directory = directory;
    config = directory.resolve("config.json");
  }

  // ---- rotary position embedding

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'rope_scaling': null}",
        "{'rope_scaling': {}}",
        "{'rope_parameters': {'rope_type': 'default'}}",
        "{'rope_scaling': {'type': 'default', 'factor': 1.0}}",
        "{'rope_theta': 'missing'}",
        "{'rope_theta': 7, 'rope_parameters': {'rope_type': 'default', 'rope_theta': 10000}}"
      })
  void rope_withoutScaling_isPlain(String keys) throws IOException {
    assertThat(read(keys).rope()).isEqualTo(new RopeSpec.Plain(10_000));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'rope_scaling': {'type': 'linear', 'factor': 4}}",
        "{'rope_scaling': {'rope_type': 'linear', 'type': 'llama3', 'factor': 4.0}}",
        "{'rope_parameters': {'rope_type': 'linear', 'factor': 4.0}}",
        "{'rope_parameters': {'rope_type': 'default'},"
            + " 'rope_scaling': {'rope_type': 'linear', 'factor': 4.0}}",
        "{'rope_parameters': {'rope_type': 'linear', 'factor': 4.0}, 'rope_scaling': {}}"
      })
  void rope_linear_isPositionInterpolation(String keys) throws IOException {
    assertThat(read(keys).rope()).isEqualTo(new RopeSpec.PositionInterpolation(10_000, 4));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'original_max_position_embeddings': 16| |16",
        "'a': 0|'original_max_position_embeddings': 16,|16",
        "'a': 0| |32"
      })
  void rope_llama3_isScaledFromTheFirstContextNamed(String inside, String outside, int original)
      throws IOException {
    assertThat(
            read("{"
                    + (outside == null ? "" : outside)
                    + "'rope_scaling': {'rope_type': 'llama3', 'factor': 8,"
                    + " 'low_freq_factor': 1, 'high_freq_factor': 4, "
                    + inside
                    + "}}")
                .rope())
        .isEqualTo(new RopeSpec.Llama3(10_000, 8, 1, 4, original));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'rope_theta': null}|: rope_theta (null) must be given, or left out",
        "{'rope_theta': '10000'}|: rope_theta ('10000') must be a number",
        "{'rope_scaling': 'linear'}|: rope_scaling ('linear') must be an object",
        "{'partial_rotary_factor': 0.5}|"
            + ": partial_rotary_factor (0.5) is not supported; it must be 1",
        "{'rope_scaling': {'factor': 4.0}}|"
            + ", rope_scaling: factor (4.0) has no effect without a rope_type.~"
            + "Maybe 'rope_type': 'linear' is meant.",
        "{'rope_scaling': {'rope_type': null, 'factor': 4.0}}|"
            + ", rope_scaling: factor (4.0) has no effect without a rope_type.~"
            + "Maybe 'rope_type': 'linear' is meant.",
        "{'rope_scaling': {'type': 'dynamic', 'factor': 4.0}}|"
            + ", rope_scaling: rope type dynamic is not supported; default, linear and llama3"
            + " are.~Maybe set rope_scaling to null: up to max_position_embeddings the model is"
            + " the same.",
        "{'rope_parameters': {'rope_type': 'dynamic', 'rope_theta': 7, 'factor': 4.0}}|"
            + ", rope_parameters: rope type dynamic is not supported; default, linear and llama3"
            + " are.~Maybe leave nothing but rope_theta there: up to max_position_embeddings the"
            + " model is the same.",
        "{'rope_parameters': {'rope_theta': 500000.0},"
            + " 'rope_scaling': {'rope_type': 'linear', 'factor': 4.0}}|"
            + ", rope_parameters: rope_theta (500000.0) must be that of rope_scaling, which goes"
            + " first (10000.0).~Maybe move the settings of rope_scaling into rope_parameters.",
        "{'original_max_position_embeddings': 64, 'rope_scaling': {'rope_type': 'llama3',"
            + " 'factor': 8, 'low_freq_factor': 1, 'high_freq_factor': 4,"
            + " 'original_max_position_embeddings': 16}}|"
            + ", rope_scaling: original_max_position_embeddings (16) must be that outside of it"
            + " (64), or missing"
      })
  void rope_contradiction_isRefused(String keys, String sentence) throws IOException {
    assertRefused(keys, sentence);
  }

  // ---- sliding windows

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'model_type': 'qwen2', 'sliding_window': 4}",
        "{'model_type': 'qwen2', 'sliding_window': 4, 'use_sliding_window': true}",
        "{'model_type': 'qwen2', 'sliding_window': 4, 'use_sliding_window': true,"
            + " 'max_window_layers': 2}",
        "{'model_type': 'qwen3', 'sliding_window': 4, 'use_sliding_window': true,"
            + " 'max_window_layers': 0, 'layer_types': ['full_attention', 'full_attention']}",
        "{'model_type': 'qwen3', 'sliding_window': null, 'use_sliding_window': true,"
            + " 'max_window_layers': 0}",
        "{'model_type': 'qwen3', 'use_sliding_window': true, 'max_window_layers': 0}",
        "{'model_type': 'mistral', 'sliding_window': null}",
        "{'model_type': 'mistral', 'sliding_window': 32}",
        "{'model_type': 'mistral'}",
        "{'model_type': 'mistral', 'sliding_window': 4,"
            + " 'layer_types': ['full_attention', 'full_attention']}",
        "{'model_type': 'llama', 'sliding_window': 4}"
      })
  void window_ofNoLayerOrBeyondTheContext_changesNothing(String keys) throws IOException {
    assertThat(read(keys).layers()).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'model_type': 'mistral', 'sliding_window': 4}| (4)",
        "{'model_type': 'mistral', 'sliding_window': 4, 'use_sliding_window': false}| (4)",
        "{'model_type': 'mistral', 'sliding_window': 4,"
            + " 'layer_types': ['full_attention', 'sliding_attention']}| (4)",
        "{'model_type': 'qwen2', 'sliding_window': 4, 'use_sliding_window': true,"
            + " 'max_window_layers': 1}| (4)",
        "{'model_type': 'qwen3', 'sliding_window': 4, 'use_sliding_window': true,"
            + " 'layer_types': ['full_attention', 'sliding_attention']}| (4)",
        "{'model_type': 'llama', 'sliding_window': 4, 'use_sliding_window': true}| (4)"
      })
  void window_ofALayer_isRefused(String keys, String found) throws IOException {
    assertRefused(
        keys,
        ": sliding_window "
            + found
            + " is not supported; it must be null, or not below max_position_embeddings (32).\n"
            + "Maybe lower max_position_embeddings to 4: within one window the model is the same.");
  }

  @Test
  void window_leftOut_isThatOfTheClass() throws IOException {
    assertRefused(
        "{'model_type': 'mistral', 'max_position_embeddings': 8192}",
        ": sliding_window, which is 4096 in MistralForCausalLM where it is missing, is not"
            + " supported; it must be null, or not below max_position_embeddings (8192).\n"
            + "Maybe lower max_position_embeddings to 4096: within one window the model is the"
            + " same.");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'model_type': 'qwen2', 'sliding_window': 4, 'use_sliding_window': false,"
            + " 'layer_types': ['full_attention', 'sliding_attention']}|"
            + "layer_types (sliding_attention) is not supported; it must be full_attention",
        "{'layer_types': ['full_attention', 'linear_attention']}|"
            + "layer_types (linear_attention) is not supported; it must be full_attention",
        "{'layer_types': ['full_attention']}|"
            + "layer_types (['full_attention']) must be a list with one entry per layer (2)",
        "{'model_type': 'qwen2', 'max_window_layers': null}|"
            + "max_window_layers (null) must be given, or left out",
        "{'model_type': 'qwen2', 'sliding_window': 0, 'use_sliding_window': true}|"
            + "sliding_window (0) must be a positive whole number below 2^31"
      })
  void window_contradiction_isRefused(String keys, String sentence) throws IOException {
    assertRefused(keys, ": " + sentence);
  }

  // ---- class defaults, and null

  @ParameterizedTest
  @CsvSource({"llama,32", "mistral,8", "qwen2,32", "qwen3,32"})
  void kvHeads_leftOut_areThoseOfTheClass(String type, int kvHeads) throws IOException {
    String keys = "{'model_type': '%s', 'num_attention_heads': 32, 'num_key_value_heads': %s}";
    assertThat(read(String.format(keys, type, "'missing'")).block(0).attention().kvHeads())
        .isEqualTo(kvHeads);
    assertThat(read(String.format(keys, type, "null")).block(0).attention().kvHeads())
        .isEqualTo(32);
  }

  @Test
  void kvHeads_ofTheClassThatDoNotDivide_areNamed() throws IOException {
    assertRefused(
        "{'model_type': 'qwen2', 'num_key_value_heads': 'missing'}",
        ": num_key_value_heads, which is 32 in Qwen2ForCausalLM where it is missing, must divide"
            + " num_attention_heads (2)");
  }

  @ParameterizedTest
  @CsvSource({"llama,2048", "mistral,131072", "qwen2,32768", "qwen3,32768"})
  void maxPositions_leftOut_areThoseOfTheClass(String type, int positions) throws IOException {
    assertThat(
            read("{'model_type': '"
                    + type
                    + "', 'max_position_embeddings': 'missing', 'sliding_window': null}")
                .maxPositions())
        .isEqualTo(positions);
  }

  @Test
  void specialTokens_leftOut_areThoseOfTheClassAndNullMeansNone() throws IOException {
    String missing = "'bos_token_id': 'missing', 'eos_token_id': 'missing'}";
    SpecialTokens none =
        new SpecialTokens(ImmutableList.of(), ImmutableList.of(), ImmutableList.of());
    assertThat(read("{'model_type': 'llama', " + missing).specialTokens())
        .isEqualTo(new SpecialTokens(ImmutableList.of(1), ImmutableList.of(2), ImmutableList.of()));
    assertThat(read("{'model_type': 'qwen3', " + missing).specialTokens()).isEqualTo(none);
    assertThat(read("{'bos_token_id': null, 'eos_token_id': null}").specialTokens())
        .isEqualTo(none);
    assertThat(read("{'pad_token_id': -1}").specialTokens().padding()).isEmpty();
  }

  @Test
  void headDim_leftOutOrNull_isTheQuotient() throws IOException {
    for (String none : new String[] {"null", "'missing'"}) {
      assertThat(read("{'head_dim': " + none + "}").headDim()).isEqualTo(4);
    }
    assertThat(read("{'model_type': 'qwen3', 'head_dim': 'missing'}").headDim()).isEqualTo(128);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'max_position_embeddings': null}|max_position_embeddings (null) must be given, or left"
            + " out",
        "{'tie_word_embeddings': null}|tie_word_embeddings (null) must be given, or left out",
        "{'hidden_act': null}|hidden_act (null) must be given, or left out",
        "{'rms_norm_eps': null}|rms_norm_eps (null) must be given, or left out",
        "{'model_type': 'qwen3', 'head_dim': null}|head_dim (null) must be given, or left out",
        "{'tie_word_embeddings': 'true'}|tie_word_embeddings ('true') must be true or false",
        "{'num_hidden_layers': '2'}|num_hidden_layers ('2') must be a positive whole number",
        "{'rms_norm_eps': '1e-5'}|rms_norm_eps ('1e-5') must be a number",
        "{'eos_token_id': '1'}|eos_token_id ('1') must be a token id or a list of token ids",
        "{'architectures': 'LlamaForCausalLM'}|architectures ('LlamaForCausalLM') must be a list",
        "{'per_layer_config': {'0': {'num_key_value_heads': 1}}}|"
            + "per_layer_config is not supported; it must be null",
        "{'hidden_act': 'gelu_new'}|hidden_act (gelu_new) is not supported; it must be silu"
      })
  void read_whatTransformersRefuses_isRefusedByName(String keys, String sentence)
      throws IOException {
    assertRefused(keys, ": " + sentence);
  }

  @Test
  void padding_beyondTheVocabulary_isRefused() throws IOException {
    write("{'pad_token_id': 11}");
    assertThatThrownBy(() -> ModelSpecReader.read(directory))
        .isInstanceOf(CheckpointFormatException.class)
        .hasMessage(
            config
                + ": pad_token_id (11) must be below vocab_size (11).\n"
                + "Maybe the ids are those of another model: name those of this model's tokenizer,"
                + " or null.");
  }

  @ParameterizedTest
  @ValueSource(strings = {"silu", "swish", "SiLU"})
  void activation_synonymOfSilu_isIt(String name) throws IOException {
    assertThat(read("{'hidden_act': '" + name + "'}")).isEqualTo(Checkpoints.llama(false));
  }

  @Test
  void attentionBias_counts_whereTheClassLooksAtIt() throws IOException {
    ImmutableSet<AttentionTrait> biases =
        ImmutableSet.of(AttentionTrait.INPUT_BIASES, AttentionTrait.OUTPUT_BIAS);
    assertThat(attention("llama").traits()).isEqualTo(biases);
    assertThat(attention("qwen3").traits()).containsAll(biases).contains(AttentionTrait.HEAD_NORMS);
    assertThat(attention("mistral").traits()).isEmpty();
    assertThat(attention("qwen2").traits()).containsExactly(AttentionTrait.INPUT_BIASES);
  }

  private AttentionSpec attention(String type) throws IOException {
    return read("{'model_type': '" + type + "', 'attention_bias': true}").block(0).attention();
  }

  // ---- names of classes

  @Test
  void family_modelType_goesBeforeTheArchitecture() throws IOException {
    assertThat(
            read("{'model_type': 'qwen2', 'architectures': ['LlamaForCausalLM']}")
                .block(0)
                .attention()
                .traits())
        .containsExactly(AttentionTrait.INPUT_BIASES);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'architectures': ['LLaMAForCausalLM']}",
        "{'architectures': ['LlamaModel']}",
        "{'architectures': ['MyOwnForCausalLM']}",
        "{'architectures': ['LlamaForCausalLM', 'Other']}",
        "{'architectures': []}",
        "{'architectures': null}",
        "{'model_type': 'missing', 'architectures': ['LlamaForCausalLM']}",
        "{'model_type': 'missing', 'architectures': ['LLaMAForCausalLM']}",
        "{'auto_map': {'AutoModelForCausalLM': 'modeling_x.X'}}"
      })
  void family_anySpelling_isLlama(String keys) throws IOException {
    assertThat(read(keys)).isEqualTo(Checkpoints.llama(false));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'architectures': ['LlamaForSequenceClassification']}|"
            + "architecture LlamaForSequenceClassification does not predict tokens; it must be"
            + " LlamaForCausalLM.~Maybe the model that it was made from is meant.",
        "{'architectures': ['OtherForCausalLM'],"
            + " 'auto_map': {'AutoModelForCausalLM': 'modeling_x.X'}}|"
            + "architecture OtherForCausalLM has code of its own (auto_map, modeling_x.X), which"
            + " this library does not run.~Maybe it computes as LlamaForCausalLM does, then name"
            + " that in architectures.",
        "{'model_type': 'smollm3'}|model_type ('smollm3') must be llama where architectures is"
            + " LlamaForCausalLM"
      })
  void family_notOneThatIsRead_isRefused(String keys, String sentence) throws IOException {
    assertRefused(keys, ": " + sentence);
  }

  @Test
  void family_layersWithoutRotation_areRefusedByName() throws IOException {
    assertRefused(
        "{'model_type': 'smollm3', 'architectures': ['SmolLM3ForCausalLM'],"
            + " 'no_rope_layers': [1, 0], 'no_rope_layer_interval': 2}",
        ": architecture SmolLM3ForCausalLM is not supported; [LlamaForCausalLM,"
            + " MistralForCausalLM, Qwen2ForCausalLM, Qwen3ForCausalLM, DeciLMForCausalLM,"
            + " AnyModel] are.\n"
            + "The nearest is LlamaForCausalLM, which does not have no_rope_layers,"
            + " no_rope_layer_interval (2).");
  }

  // ---- the file itself

  @Test
  void file_asPythonWritesIt_isRead() throws IOException {
    write("{}");
    String json = Files.readString(config).replaceFirst("\\{", "{\"unused\": [NaN, -Infinity],");
    Files.writeString(config, json);
    assertThat(ModelSpecReader.read(directory)).isEqualTo(Checkpoints.llama(false));
    Files.writeString(config, json.replace("\"vocab_size\":11", "\"vocab_size\":NaN"));
    assertThatThrownBy(() -> ModelSpecReader.read(directory))
        .hasMessage(config + ": vocab_size (\"NaN\") must be a positive whole number");
  }

  @Test
  void file_keyTwice_isTheLast() throws IOException {
    write("{}");
    Files.writeString(config, Files.readString(config).replaceFirst("\\{", "{\"vocab_size\": 5,"));
    assertThat(ModelSpecReader.read(directory).vocabularySize()).isEqualTo(11);
  }

  @Test
  void file_notJsonInUtf8_isRefusedByName() throws IOException {
    write("{}");
    String json = Files.readString(config);
    Files.writeString(config, json + "{}");
    assertThatThrownBy(() -> ModelSpecReader.read(directory))
        .isInstanceOf(CheckpointFormatException.class)
        .hasMessageStartingWith(config + " is not JSON (");
    for (var charset :
        ImmutableList.of(
            StandardCharsets.UTF_16, StandardCharsets.UTF_16LE, StandardCharsets.UTF_16BE)) {
      Files.writeString(config, json, charset);
      assertThatThrownBy(() -> ModelSpecReader.read(directory))
          .isInstanceOf(CheckpointFormatException.class)
          .hasMessage(
              config + " is saved as UTF-16; it must be UTF-8.\nMaybe save it again as UTF-8.");
    }
    Files.writeString(config, "\n<!DOCTYPE html>\n<html>");
    assertThatThrownBy(() -> ModelSpecReader.read(directory))
        .isInstanceOf(CheckpointFormatException.class)
        .hasMessage(
            config
                + " is an HTML page, not the file itself.\n"
                + "Maybe the download needs a login, or its address shows the file instead of"
                + " sending it.");
  }

  private ModelSpec read(String keys) throws IOException {
    write(keys);
    return ModelSpecReader.read(directory);
  }

  /** Writes a small Llama's file with {@code keys} set; "missing" takes one out. */
  private void write(String keys) throws IOException {
    ObjectNode json = Checkpoints.llamaConfig(Checkpoints.llama(false));
    JsonNode changes = JSON.readTree(keys.replace('\'', '"'));
    if (changes.has("model_type") && !changes.has("architectures")) {
      if (!changes.path("model_type").asText().equals("smollm3")) {
        json.remove("architectures");
      }
    }
    for (var change : changes.properties()) {
      if (change.getValue().toString().equals(MISSING)) {
        json.remove(change.getKey());
      } else {
        json.set(change.getKey(), change.getValue());
      }
    }
    Files.writeString(config, json.toString());
  }

  private void assertRefused(String keys, String sentence) throws IOException {
    write(keys);
    assertThatThrownBy(() -> ModelSpecReader.read(directory))
        .isInstanceOf(CheckpointFormatException.class)
        .hasMessage(config + sentence.replace('\'', '"').replace('~', '\n'));
  }
}
