package org.nemotron.runtime.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Sets;
import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nemotron.core.backend.Backends;
import org.nemotron.core.checkpoint.ModelReader;
import org.nemotron.core.eval.GeneratedText;
import org.nemotron.core.eval.GenerationRequest;
import org.nemotron.core.eval.Likelihood;
import org.nemotron.core.eval.LikelihoodRequest;
import org.nemotron.core.eval.SequenceModel;
import org.nemotron.core.eval.data.DataDirectory;
import org.nemotron.core.eval.task.BenchmarkTask;
import org.nemotron.core.eval.task.BosPolicy;
import org.nemotron.core.eval.task.ItemEncoder;
import org.nemotron.core.eval.task.Tasks;
import org.nemotron.core.inference.InferenceBackend;
import org.nemotron.core.inference.WeightSource;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.text.Tokenizer;
import org.nemotron.runtime.engine.EngineSettings;
import org.nemotron.runtime.engine.TextGenerator;

/** The engine against whole sequences. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class EngineModelTest {
  private static final Path TALE_7M = Path.of("../examples/models/tale-7m");

  private static final Path HARNESS = Path.of("../nemotron-core/src/test/resources/eval");

  /** Float32 sums in another order, over a continuation. */
  private static final double TOLERANCE = 1e-3;

  private Tokenizer tokenizer;
  private TextGenerator generator;
  private EngineModel engine;

  @BeforeAll
  void open() throws IOException {
    tokenizer = Tokenizer.open(TALE_7M);
    generator = TextGenerator.open(TALE_7M, EngineSettings.builder().kvBytes(1 << 26).build());
    engine = new EngineModel(generator, tokenizer);
  }

  @AfterAll
  void close() {
    generator.close();
    tokenizer.close();
  }

  private LikelihoodRequest request(String context, String continuation) {
    return new LikelihoodRequest(tokenizer.encode(context), tokenizer.encode(continuation));
  }

  @Test
  void requests_any_areAnsweredAsByWholeSequences() throws IOException {
    List<LikelihoodRequest> scored =
        List.of(
            request("Once upon a time", ", there was"),
            request("Once upon a time, there was a little girl named", " Lily"),
            request("Once upon a time, there was a little girl named", " Question mark seven"),
            request("The dog", " ran away from the big red house."));
    ImmutableList<GenerationRequest> prompts =
        ImmutableList.of(
            new GenerationRequest(tokenizer.encode("Once upon"), 25, ImmutableList.of()),
            new GenerationRequest(tokenizer.encode("Once upon"), 60, ImmutableList.of(".", "was")));
    try (HeterogeneousModel model = ModelReader.read(TALE_7M);
        InferenceBackend backend = Backends.of(Device.CPU, 2);
        SequenceModel sequences =
            SequenceModel.builder(tokenizer, model.spec(), WeightSource.of(model), backend)
                .build()) {
      ImmutableList<Likelihood> expected = sequences.logLikelihoods(scored);
      ImmutableList<Likelihood> actual = engine.logLikelihoods(scored);
      for (int index = 0; index < scored.size(); index++) {
        assertThat(actual.get(index).logProbability())
            .isCloseTo(expected.get(index).logProbability(), within(TOLERANCE));
        assertThat(actual.get(index).greedy()).isEqualTo(expected.get(index).greedy());
      }
      assertThat(actual.get(0).greedy()).isTrue();
      assertThat(actual.get(2).greedy()).isFalse();
      assertThat(engine.generate(prompts)).isEqualTo(sequences.generate(prompts));
    }
  }

  /** Without shots: they make prompts longer, which other tests cover. */
  static Set<String> tasks() throws IOException {
    return Sets.filter(ImmutableSet.copyOf(sums().fieldNames()), name -> name.endsWith("-0"));
  }

  private static JsonNode sums() throws IOException {
    return new JsonMapper().readTree(HARNESS.resolve("harness-sums.json").toFile());
  }

  /** By lm-evaluation-harness 0.4.13, in float32; see HarnessSumsTest of nemotron-core. */
  @ParameterizedTest
  @MethodSource("tasks")
  void logLikelihoods_ofATasksPairs_areTheHarness(String nameAndShots) throws IOException {
    int cut = nameAndShots.lastIndexOf('-');
    BenchmarkTask task =
        Tasks.find(nameAndShots.substring(0, cut))
            .orElseThrow()
            .withShots(Integer.parseInt(nameAndShots.substring(cut + 1)));
    ItemEncoder encoder = ItemEncoder.of(engine, BosPolicy.TOKENIZER);
    ImmutableList<Likelihood> scores =
        engine.logLikelihoods(
            task.items(DataDirectory.open(HARNESS.resolve("original"))).stream()
                .flatMap(item -> encoder.encode(item).likelihoods().stream())
                .toList());
    JsonNode expected = sums().path(nameAndShots);
    assertThat(scores).hasSize(expected.size());
    for (int index = 0; index < scores.size(); index++) {
      assertThat(scores.get(index).logProbability())
          .as("request %s", index)
          .isCloseTo(expected.path(index).path(0).asDouble(), within(TOLERANCE));
      assertThat(scores.get(index).greedy()).isEqualTo(expected.path(index).path(1).asBoolean());
    }
  }

  @Test
  void generate_atATemperature_drawsBySeed() {
    ImmutableIntArray prompt = tokenizer.encode("Once upon a time");
    GenerationRequest likeliest = new GenerationRequest(prompt, 12, ImmutableList.of());
    GenerationRequest first = new GenerationRequest(prompt, 12, ImmutableList.of(), 1.0, 1);
    GenerationRequest second = new GenerationRequest(prompt, 12, ImmutableList.of(), 1.0, 2);
    GenerationRequest one = new GenerationRequest(prompt, 12, ImmutableList.of(), 1.0, 1e-6, 1);
    ImmutableList<GeneratedText> texts =
        engine.generate(ImmutableList.of(likeliest, first, second, first, one));
    assertThat(texts.subList(0, 3)).doesNotHaveDuplicates();
    assertThat(texts.get(3)).isEqualTo(texts.get(1));
    assertThat(texts.get(4)).isEqualTo(texts.get(0));
  }

  @Test
  void generate_stopText_isNotPartOfTheText() {
    GeneratedText text =
        engine
            .generate(
                ImmutableList.of(
                    new GenerationRequest(
                        tokenizer.encode("Once upon a time"), 60, ImmutableList.of("there"))))
            .get(0);
    assertThat(text.text()).isEqualTo(", ");
    assertThat(text.ending()).isEqualTo(GeneratedText.Ending.STOP);
  }

  @Test
  void logLikelihoods_tooLongContext_isCutFromTheLeft() {
    int most = engine.maxLength();
    ImmutableIntArray end = tokenizer.encode(" The end");
    int[] many = new int[most + 50];
    Arrays.setAll(many, index -> 300 + index % 7);
    ImmutableIntArray all = ImmutableIntArray.copyOf(many);
    ImmutableIntArray kept = all.subArray(all.length() - (most + 1 - end.length()), all.length());
    ImmutableList<Likelihood> results =
        engine.logLikelihoods(
            ImmutableList.of(new LikelihoodRequest(all, end), new LikelihoodRequest(kept, end)));
    assertThat(results.get(0)).isEqualTo(results.get(1));
  }

  @Test
  void requests_thatDoNotFitTheModel_areRefused() {
    ImmutableIntArray one = ImmutableIntArray.of(5);
    ImmutableIntArray many = ImmutableIntArray.copyOf(new int[engine.maxLength() + 1]);
    assertThatThrownBy(
            () -> engine.logLikelihoods(ImmutableList.of(new LikelihoodRequest(one, many))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("a continuation of 1025 tokens must not exceed the 1024");
    assertThatThrownBy(
            () ->
                engine.generate(
                    ImmutableList.of(new GenerationRequest(one, 1024, ImmutableList.of()))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("maxTokens (1024) must leave room for a prompt");
  }
}
