package org.nemotron.core.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Lists;
import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nemotron.core.backend.Backends;
import org.nemotron.core.checkpoint.ModelReader;
import org.nemotron.core.inference.InferenceBackend;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.inference.WeightSource;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.core.text.Tokenizer;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class SequenceModelTest {
  private static final Path TALE_7M = Path.of("../examples/models/tale-7m");

  /** Float32 sums in another order, over a continuation. */
  private static final double TOLERANCE = 1e-3;

  private static final String TALE =
      "Once upon a time, there was a little girl named Lily. She loved to play in the garden.";

  private Tokenizer tokenizer;
  private HeterogeneousModel model;

  @BeforeAll
  void open() throws IOException {
    tokenizer = Tokenizer.open(TALE_7M);
    model = ModelReader.read(TALE_7M);
  }

  @AfterAll
  void close() {
    model.close();
    tokenizer.close();
  }

  private SequenceModel sequences(InferenceBackend backend, int batchTokens) {
    return SequenceModel.builder(tokenizer, model.spec(), WeightSource.of(model), backend)
        .format(WeightFormat.FLOAT16)
        .batchTokens(batchTokens)
        .build();
  }

  private LikelihoodRequest request(String context, String continuation) {
    return new LikelihoodRequest(tokenizer.encode(context), tokenizer.encode(continuation));
  }

  /** Items with several continuations behind prompts that begin alike, and lone ones. */
  private ImmutableList<LikelihoodRequest> requests() {
    SplittableRandom random = new SplittableRandom(1);
    ImmutableIntArray tale = tokenizer.encode(TALE);
    ImmutableList.Builder<LikelihoodRequest> requests = ImmutableList.builder();
    for (int item = 0; item < 12; item++) {
      ImmutableIntArray.Builder prompt =
          ImmutableIntArray.builder().addAll(tale.subArray(0, random.nextInt(1, tale.length())));
      IntStream.range(0, random.nextInt(90)).forEach(i -> prompt.add(random.nextInt(4, 4096)));
      for (int choice = 0; choice < 3; choice++) {
        int[] words = random.ints(random.nextInt(1, 9), 4, 4096).toArray();
        requests.add(new LikelihoodRequest(prompt.build(), ImmutableIntArray.copyOf(words)));
      }
    }
    return requests.build();
  }

  private Likelihood expected(LikelihoodRequest request) {
    int[] all =
        IntStream.concat(request.context().stream(), request.continuation().stream()).toArray();
    long[] read = IntStream.of(all).limit(all.length - 1).asLongStream().toArray();
    try (NativeScope scope = NativeScope.open()) {
      float[] logits = Tensors.floats(model.logits(Tensors.of(read, 1, read.length)));
      int vocabulary = model.spec().vocabularySize();
      double sum = 0;
      boolean greedy = true;
      for (int at = request.context().length(); at < all.length; at++) {
        int from = (at - 1) * vocabulary;
        double exps = 0;
        int best = 0;
        for (int token = 0; token < vocabulary; token++) {
          exps += Math.exp(logits[from + token]);
          best = logits[from + token] > logits[from + best] ? token : best;
        }
        sum += logits[from + all[at]] - Math.log(exps);
        greedy &= best == all[at];
      }
      return new Likelihood(sum, greedy);
    }
  }

  @Test
  void logLikelihoods_requests_areThoseOfTheModel() {
    List<LikelihoodRequest> requests = new ArrayList<>(requests());
    requests.add(request("Once upon a time", ", there was"));
    try (InferenceBackend backend = Backends.of(Device.CPU, 2);
        SequenceModel sequences = sequences(backend, 256)) {
      ImmutableList<Likelihood> results = sequences.logLikelihoods(requests);
      for (int index = 0; index < requests.size(); index++) {
        Likelihood expected = expected(requests.get(index));
        assertThat(results.get(index).logProbability())
            .as("request %s", index)
            .isCloseTo(expected.logProbability(), within(TOLERANCE));
        assertThat(results.get(index).greedy()).isEqualTo(expected.greedy());
      }
      assertThat(results.get(requests.size() - 1).greedy()).isTrue();
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "1, 4096", "2, 64", "3, 300"})
  void logLikelihoods_anyThreadsAndBatches_haveTheSameBitsAsAlone(int threads, int batchTokens) {
    ImmutableList<LikelihoodRequest> requests = requests();
    try (InferenceBackend backend = Backends.of(Device.CPU, threads);
        SequenceModel sequences = sequences(backend, batchTokens)) {
      ImmutableList<Likelihood> together = sequences.logLikelihoods(requests);
      ImmutableList<Likelihood> reversed = sequences.logLikelihoods(requests.reverse());
      assertThat(Lists.reverse(reversed)).isEqualTo(together);
      for (int index = 0; index < requests.size(); index++) {
        assertThat(sequences.logLikelihoods(requests.subList(index, index + 1)))
            .containsExactly(together.get(index));
      }
    }
  }

  @Test
  void logLikelihoods_commonBeginnings_areReadOnce() {
    try (InferenceBackend backend = Backends.of(Device.CPU, 1);
        SequenceModel sequences = sequences(backend, 1000)) {
      LikelihoodRequest first = request(TALE, " She");
      LikelihoodRequest second = request(TALE, " He was");
      ImmutableList<Likelihood> unused = sequences.logLikelihoods(ImmutableList.of(first, second));
      int prompt = first.context().length();
      assertThat(sequences.effort().requests()).isEqualTo(2);
      assertThat(sequences.effort().requestTokens()).isEqualTo(2L * prompt + 1);
      assertThat(sequences.effort().computedTokens()).isEqualTo(prompt + 1);
    }
  }

  @Test
  void logLikelihoods_tooLongContext_isCutFromTheLeft() {
    int most = model.spec().maxPositions();
    ImmutableIntArray words = tokenizer.encode(TALE);
    ImmutableIntArray.Builder context = ImmutableIntArray.builder();
    IntStream.range(0, most + 50).forEach(i -> context.add(words.get(i % words.length())));
    ImmutableIntArray all = context.build();
    ImmutableIntArray end = tokenizer.encode(" The end");
    ImmutableIntArray kept = all.subArray(all.length() - (most + 1 - end.length()), all.length());
    try (InferenceBackend backend = Backends.of(Device.CPU, 1);
        SequenceModel sequences = sequences(backend, 256)) {
      ImmutableList<Likelihood> results =
          sequences.logLikelihoods(
              ImmutableList.of(new LikelihoodRequest(all, end), new LikelihoodRequest(kept, end)));
      assertThat(results.get(0)).isEqualTo(results.get(1));
    }
  }

  @Test
  void logLikelihoods_continuationLongerThanTheModel_isRefused() {
    ImmutableIntArray longest = ImmutableIntArray.copyOf(new int[model.spec().maxPositions() + 1]);
    assertRefused(
        new LikelihoodRequest(ImmutableIntArray.of(1), longest),
        "a continuation of 1025 tokens must not exceed the 1024 that the model reads at once.\n"
            + "Maybe leave this item out, or evaluate a model with a longer context.");
  }

  @Test
  void logLikelihoods_tokenThatTheModelLacks_isRefused() {
    assertRefused(
        new LikelihoodRequest(ImmutableIntArray.of(4096), ImmutableIntArray.of(1)),
        "token id 4096 is not within the model's vocabulary, 0..4095.\n"
            + "Maybe the tokenizer belongs to another model.");
  }

  private void assertRefused(LikelihoodRequest request, String message) {
    try (InferenceBackend backend = Backends.of(Device.CPU, 1);
        SequenceModel sequences = sequences(backend, 256)) {
      assertThatThrownBy(() -> sequences.logLikelihoods(ImmutableList.of(request)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(message);
    }
  }

  private GenerationRequest continuing(String prompt, int tokens, String... stops) {
    return new GenerationRequest(tokenizer.encode(prompt), tokens, ImmutableList.copyOf(stops));
  }

  @Test
  void generate_stopText_endsBeforeIt() {
    try (InferenceBackend backend = Backends.of(Device.CPU, 2);
        SequenceModel sequences = sequences(backend, 256)) {
      ImmutableList<GeneratedText> texts =
          sequences.generate(
              ImmutableList.of(
                  continuing("Once upon a time", 20),
                  continuing("Once upon a time", 20, "there", "was"),
                  continuing("Once upon a time", 3)));
      assertThat(texts.get(0).ending()).isEqualTo(GeneratedText.Ending.LENGTH);
      assertThat(texts.get(0).tokens()).isEqualTo(20);
      String whole = texts.get(0).text();
      assertThat(texts.get(1).text()).isEqualTo(whole.substring(0, whole.indexOf("there")));
      assertThat(texts.get(1).ending()).isEqualTo(GeneratedText.Ending.STOP);
      assertThat(whole).startsWith(texts.get(2).text());
      assertThat(texts.get(2).tokens()).isEqualTo(3);
    }
  }

  @Test
  void generate_inCompany_writesWhatItWritesAlone() {
    List<GenerationRequest> requests = new ArrayList<>();
    for (String name : List.of("Tom", "Lily", "Ben", "Sue", "The dog")) {
      requests.add(continuing(TALE + " " + TALE + " " + TALE + " One day " + name, 30));
      requests.add(continuing(name, 12));
    }
    try (InferenceBackend backend = Backends.of(Device.CPU, 2);
        SequenceModel sequences = sequences(backend, 256)) {
      ImmutableList<GeneratedText> together = sequences.generate(requests);
      for (int index = 0; index < requests.size(); index++) {
        assertThat(sequences.generate(requests.subList(index, index + 1)))
            .containsExactly(together.get(index));
      }
    }
  }

  @Test
  void generate_atATemperature_drawsBySeedAloneAndInCompany() {
    ImmutableIntArray prompt = tokenizer.encode("Once upon a time");
    List<GenerationRequest> requests = new ArrayList<>();
    for (int seed = 0; seed < 5; seed++) {
      requests.add(new GenerationRequest(prompt, 12, ImmutableList.of(), 1.0, seed));
    }
    requests.add(new GenerationRequest(prompt, 12, ImmutableList.of(), 1e-6, 3));
    requests.add(new GenerationRequest(prompt, 12, ImmutableList.of(), 1.0, 1e-6, 3));
    try (InferenceBackend backend = Backends.of(Device.CPU, 2);
        SequenceModel sequences = sequences(backend, 256)) {
      ImmutableList<GeneratedText> together = sequences.generate(requests);
      assertThat(together.subList(0, 5)).doesNotHaveDuplicates();
      assertThat(together.get(5))
          .isEqualTo(
              sequences
                  .generate(ImmutableList.of(new GenerationRequest(prompt, 12, ImmutableList.of())))
                  .get(0));
      assertThat(together.get(6)).isEqualTo(together.get(5));
      for (int index = 0; index < requests.size(); index++) {
        assertThat(sequences.generate(requests.subList(index, index + 1)))
            .containsExactly(together.get(index));
      }
    }
  }

  @Test
  void generate_noRoomForThePrompt_isRefused() {
    try (InferenceBackend backend = Backends.of(Device.CPU, 1);
        SequenceModel sequences = sequences(backend, 256)) {
      assertThatThrownBy(() -> sequences.generate(ImmutableList.of(continuing("A", 1024))))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "maxTokens (1024) must leave room for a prompt in the 1024 tokens that the model"
                  + " reads.\nMaybe ask for fewer tokens.");
    }
  }
}
