package org.nemotron.core.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.RopeSpec;

/**
 * Models of each family that is read, with their published sizes and the keys that are particular
 * to them: they must have as many parameters as published.
 */
final class PublishedFamiliesTest {
  private static final String LLAMA3 =
      "'rope_theta': 500000.0, 'rope_scaling': {'factor': %s, 'low_freq_factor': 1.0,"
          + " 'high_freq_factor': 4.0, 'original_max_position_embeddings': 8192,"
          + " 'rope_type': 'llama3'}, 'max_position_embeddings': 131072";

  private static final String QWEN2 =
      "'rope_theta': 1000000.0, 'max_position_embeddings': 32768, 'sliding_window': 32768,"
          + " 'use_sliding_window': false, 'max_window_layers': 21";

  private static final String DISTILLED =
      "'rope_theta': 10000, 'max_position_embeddings': 131072, 'sliding_window': 4096,"
          + " 'use_sliding_window': false, 'max_window_layers': 21, 'use_mrope': false";

  private static final String QWEN3 =
      "'rope_theta': 1000000, 'rope_scaling': null, 'max_position_embeddings': 40960,"
          + " 'sliding_window': null, 'use_sliding_window': false, 'max_window_layers': 28,"
          + " 'attention_bias': false";

  private static final String MISTRAL =
      "'rope_theta': 1000000.0, 'max_position_embeddings': 32768, 'sliding_window': null";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Llama-3.1-8B        |llama  |4096|14336|32|32| 8|  0|128256|false|llama3-8 |8030261248",
        "Llama-3.2-3B        |llama  |3072| 8192|28|24| 8|128|128256|true |llama3-32|3212749824",
        "Llama-3.3-70B       |llama  |8192|28672|80|64| 8|128|128256|false|llama3-8 |70553706496",
        "SmolLM2-135M        |llama  | 576| 1536|30| 9| 3|  0| 49152|true |plain    |134515008",
        "SmolLM2-1.7B        |llama  |2048| 8192|24|32|32|  0| 49152|true |plain    |1711376384",
        "Qwen2.5-0.5B        |qwen2  | 896| 4864|24|14| 2|  0|151936|true |qwen2    |494032768",
        "Qwen2.5-7B          |qwen2  |3584|18944|28|28| 4|  0|152064|false|qwen2    |7615616512",
        "R1-Distill-Qwen-1.5B|qwen2  |1536| 8960|28|12| 2|  0|151936|false|distilled|1777088000",
        "R1-Distill-Llama-8B |llama  |4096|14336|32|32| 8|  0|128256|false|llama3-8 |8030261248",
        "Qwen3-0.6B          |qwen3  |1024| 3072|28|16| 8|128|151936|true |qwen3    |596049920",
        "Qwen3-8B            |qwen3  |4096|12288|36|32| 8|128|151936|false|qwen3    |8190735360",
        "Mistral-7B-v0.3     |mistral|4096|14336|32|32| 8|  0| 32768|false|mistral  |7248023552",
        "Mistral-Nemo        |mistral|5120|14336|40|32| 8|128|131072|false|mistral  |12247782400",
        "Mistral-Small-24B   |mistral|5120|32768|40|32| 8|128|131072|false|mistral  |23572403200"
      })
  void parameters_publishedSizes_areAsManyAsPublished(
      String name,
      String type,
      int width,
      int channels,
      int layers,
      int heads,
      int kvHeads,
      int headDim,
      int vocabulary,
      boolean tied,
      String keys,
      long parameters,
      @TempDir Path directory)
      throws IOException {
    String json =
        String.format(
            "{'model_type': '%s', 'hidden_size': %d, 'intermediate_size': %d,"
                + " 'num_hidden_layers': %d, 'num_attention_heads': %d,"
                + " 'num_key_value_heads': %d, %s'vocab_size': %d,"
                + " 'tie_word_embeddings': %s, 'hidden_act': 'silu', 'rms_norm_eps': 1e-05, %s}",
            type,
            width,
            channels,
            layers,
            heads,
            kvHeads,
            headDim == 0 ? "" : "'head_dim': " + headDim + ", ",
            vocabulary,
            tied,
            particular(keys));
    Files.writeString(directory.resolve("config.json"), json.replace('\'', '"'));
    ModelSpec spec = ModelSpecReader.read(directory);
    assertThat(spec.parameters()).as(name).isEqualTo(parameters);
    assertThat(spec.rope()).as(name).isEqualTo(rope(keys));
  }

  private static String particular(String keys) {
    return switch (keys) {
      case "llama3-8" -> String.format(LLAMA3, 8.0);
      case "llama3-32" -> String.format(LLAMA3, 32.0);
      case "qwen2" -> QWEN2;
      case "distilled" -> DISTILLED;
      case "qwen3" -> QWEN3;
      case "mistral" -> MISTRAL;
      default -> "'rope_theta': 100000, 'max_position_embeddings': 8192";
    };
  }

  private static RopeSpec rope(String keys) {
    return switch (keys) {
      case "llama3-8" -> new RopeSpec.Llama3(500_000, 8, 1, 4, 8192);
      case "llama3-32" -> new RopeSpec.Llama3(500_000, 32, 1, 4, 8192);
      case "distilled" -> new RopeSpec.Plain(10_000);
      case "plain" -> new RopeSpec.Plain(100_000);
      default -> new RopeSpec.Plain(1_000_000);
    };
  }
}
