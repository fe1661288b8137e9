package org.nemotron.core.eval.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nemotron.core.backend.Backends;
import org.nemotron.core.checkpoint.CheckpointWeights;
import org.nemotron.core.checkpoint.ModelReader;
import org.nemotron.core.eval.Likelihood;
import org.nemotron.core.eval.LikelihoodRequest;
import org.nemotron.core.eval.SequenceModel;
import org.nemotron.core.eval.data.DataDirectory;
import org.nemotron.core.inference.InferenceBackend;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.Resources;
import org.nemotron.core.text.Tokenizer;

/**
 * Log-likelihoods of tale-7m, from text to sum, against those of lm-evaluation-harness 0.4.13 with
 * its Hugging Face model in float32, of the pairs that {@link HarnessPromptsTest} holds.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class HarnessSumsTest {
  private static final Path TALE_7M = Path.of("../examples/models/tale-7m");
  private static final Path SUMS = Path.of("src/test/resources/eval/harness-sums.json");

  /** Float32 sums in another order, over a continuation. */
  private static final double TOLERANCE = 5e-4;

  private JsonNode sums;
  private Resources parts;
  private SequenceModel model;

  @BeforeAll
  void open() throws IOException {
    sums = new JsonMapper().readTree(SUMS.toFile());
    try (Resources made = new Resources()) {
      Tokenizer tokenizer = made.add(Tokenizer.open(TALE_7M), Tokenizer::close);
      CheckpointWeights weights =
          made.add(
              ModelReader.weights(TALE_7M, DType.FLOAT32, Device.CPU), CheckpointWeights::close);
      InferenceBackend backend = made.add(Backends.of(Device.CPU, 2), InferenceBackend::close);
      model =
          made.add(
              SequenceModel.builder(tokenizer, weights.spec(), weights, backend).build(),
              SequenceModel::close);
      parts = made.complete();
    }
  }

  @AfterAll
  void close() {
    parts.close();
  }

  static ImmutableList<String> scored() throws IOException {
    return HarnessPromptsTest.expected().stream()
        .filter(name -> !name.startsWith("gsm8k"))
        .collect(ImmutableList.toImmutableList());
  }

  @ParameterizedTest
  @MethodSource("scored")
  void logLikelihoods_ofATasksPairs_areTheHarness(String name) throws IOException {
    ItemEncoder encoder = ItemEncoder.of(model, BosPolicy.TOKENIZER);
    int cut = name.lastIndexOf('-');
    BenchmarkTask task =
        Tasks.find(name.substring(0, cut))
            .orElseThrow()
            .withShots(Integer.parseInt(name.substring(cut + 1)));
    Path original = Path.of("src/test/resources/eval/original");
    ImmutableList<LikelihoodRequest> requests =
        task.items(DataDirectory.open(original)).stream()
            .flatMap(item -> encoder.encode(item).likelihoods().stream())
            .collect(ImmutableList.toImmutableList());
    ImmutableList<Likelihood> scores = model.logLikelihoods(requests);
    JsonNode expected = sums.get(name);
    assertThat(scores).hasSize(expected.size());
    for (int index = 0; index < scores.size(); index++) {
      assertThat(scores.get(index).logProbability())
          .as("request %s", index)
          .isCloseTo(expected.get(index).get(0).asDouble(), within(TOLERANCE));
      assertThat(scores.get(index).greedy()).isEqualTo(expected.get(index).get(1).asBoolean());
    }
  }
}
