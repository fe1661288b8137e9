package org.nemotron.runtime.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class GenerationConfigTest {
  private final Path directory;

  GenerationConfigTest(@TempDir Path directory) {
    this.directory = directory;
  }

  @Test
  void read_allParameters_areTaken() throws IOException {
    write(
        """
        {"do_sample": true, "temperature": 0.6, "top_k": 20, "top_p": 0.95, "min_p": 0.01,
         "repetition_penalty": 1.05, "eos_token_id": 1, "max_new_tokens": 7, "num_beams": 1,
         "typical_p": 1.0, "no_repeat_ngram_size": 0, "bad_words_ids": [], "stop_strings": null}
        """);
    assertThat(SamplingParams.read(directory))
        .isEqualTo(
            SamplingParams.builder()
                .temperature(0.6)
                .topK(20)
                .topP(0.95)
                .minP(0.01)
                .repetitionPenalty(1.05)
                .build());
  }

  @Test
  void read_samplingWithoutParameters_hasTheDefaultsOfTransformers() throws IOException {
    write("{\"do_sample\": true, \"temperature\": null}");
    assertThat(SamplingParams.read(directory)).isEqualTo(SamplingParams.builder().topK(50).build());
  }

  @Test
  void read_noSampling_isGreedyWithThePenalty() throws IOException {
    write("{\"temperature\": 0.6, \"top_p\": 0.9, \"repetition_penalty\": 1.2}");
    assertThat(SamplingParams.read(directory))
        .isEqualTo(SamplingParams.greedy().toBuilder().repetitionPenalty(1.2).build());
  }

  @Test
  void read_noFile_isGreedy() throws IOException {
    assertThat(SamplingParams.read(directory)).isEqualTo(SamplingParams.greedy());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'do_sample': 1}| do_sample (1) must be true or false",
        "{'do_sample': true, 'temperature': '1'}| temperature ('1') must be a number",
        "{'do_sample': true, 'top_k': 1.5}| top_k (1.5) must be a whole number",
        "{'do_sample': true, 'top_p': 2}| topP (2.0) must lie in (0, 1] (1 keeps all tokens)",
        "{'repetition_penalty': 0}|"
            + " repetitionPenalty (0.0) must be a positive number (1 switches it off)",
        "{'do_sample': true, 'temperature': NaN}|"
            + " temperature (NaN) must be a number of at least 0 (0 chooses the likeliest token)",
        "{'do_sample': true, 'top_k': Infinity}| top_k (Infinity) must be a whole number"
      },
      quoteCharacter = '`')
  void read_wrongValue_isRefusedByName(String json, String sentence) throws IOException {
    write(json.replace('\'', '"'));
    assertThatThrownBy(() -> SamplingParams.read(directory))
        .isInstanceOf(IOException.class)
        .hasMessage(
            directory.resolve("generation_config.json") + ": " + sentence.replace('\'', '"'));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'num_beams': 4}|num_beams (4)|null or 1",
        "{'no_repeat_ngram_size': 3}|no_repeat_ngram_size (3)|null or 0",
        "{'do_sample': true, 'typical_p': 0.9}|typical_p (0.9)|null or 1",
        "{'do_sample': true, 'top_h': 0.4}|top_h (0.4)|null",
        "{'suppress_tokens': [3]}|suppress_tokens ([3])|null",
        "{'stop_strings': '###'}|stop_strings ('###')|null"
      },
      quoteCharacter = '`')
  void read_otherMeansOfChoosing_areRefusedByName(String json, String found, String rule)
      throws IOException {
    write(json.replace('\'', '"'));
    assertThatThrownBy(() -> SamplingParams.read(directory))
        .isInstanceOf(IOException.class)
        .hasMessage(
            directory.resolve("generation_config.json")
                + ": "
                + found.replace('\'', '"')
                + " is not supported; it must be "
                + rule
                + ".\nMaybe give the request its sampling parameters instead.");
  }

  @Test
  void read_onlyTheModelsFile_hasItsParameters() throws IOException {
    Files.writeString(
        directory.resolve("config.json"),
        "{\"model_type\": \"llama\", \"do_sample\": true, \"temperature\": 0.5, \"top_p\": 0.9}");
    assertThat(SamplingParams.read(directory))
        .isEqualTo(SamplingParams.builder().temperature(0.5).topK(50).topP(0.9).build());
    write("{}");
    assertThat(SamplingParams.read(directory)).isEqualTo(SamplingParams.greedy());
  }

  @Test
  void read_samplingMeansWithoutSampling_haveNoEffect() throws IOException {
    write("{\"typical_p\": 0.9, \"epsilon_cutoff\": 0.1}");
    assertThat(SamplingParams.read(directory)).isEqualTo(SamplingParams.greedy());
  }

  @Test
  void read_byteOrderMarkAndPointers_areKnown() throws IOException {
    write("\uFEFF{\"do_sample\": false, \"unused\": NaN}\r\n");
    assertThat(SamplingParams.read(directory)).isEqualTo(SamplingParams.greedy());
    write("version https://git-lfs.github.com/spec/v1\noid sha256:5a\nsize 3\n");
    assertThatThrownBy(() -> SamplingParams.read(directory))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(
            directory.resolve("generation_config.json") + " is a pointer of git-lfs,");
    write("[]");
    assertThatThrownBy(() -> SamplingParams.read(directory))
        .isInstanceOf(IOException.class)
        .hasMessage(directory.resolve("generation_config.json") + " must hold a JSON object");
  }

  @Test
  void read_malformedFile_isRefusedByName() throws IOException {
    write("{\"top_k\": ");
    assertThatThrownBy(() -> SamplingParams.read(directory))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(directory.resolve("generation_config.json") + " is not JSON (");
  }

  @Test
  void toBuilder_built_isTheSame() {
    SamplingParams params =
        SamplingParams.builder()
            .temperature(0.7)
            .topK(3)
            .topP(0.9)
            .minP(0.1)
            .repetitionPenalty(1.1)
            .penaltyWindow(64)
            .seed(5)
            .topLogProbs(2)
            .build();
    assertThat(params.toBuilder().build()).isEqualTo(params);
    assertThat(params.toBuilder().seed(6).build()).isNotEqualTo(params);
  }

  private void write(String json) throws IOException {
    Files.writeString(directory.resolve("generation_config.json"), json);
  }
}
