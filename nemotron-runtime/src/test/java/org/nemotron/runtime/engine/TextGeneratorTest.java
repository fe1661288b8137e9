package org.nemotron.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nemotron.core.checkpoint.ModelReader;
import org.nemotron.core.checkpoint.safetensors.SafetensorsFile;
import org.nemotron.core.inference.KvPages;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.core.text.Tokenizer;
import org.nemotron.runtime.sampling.SamplingParams;
import org.nemotron.runtime.sampling.TokenLogProb;

final class TextGeneratorTest {
  private static final long PAGE_BYTES = SmallModel.pageBytes();

  private static ImmutableIntArray prompt(int length, long seed) {
    return ImmutableIntArray.copyOf(
        new SplittableRandom(seed).ints(length, 0, SmallModel.VOCABULARY));
  }

  private static GenerationRequest request(int promptTokens, int newTokens, long seed) {
    return GenerationRequest.continuing(prompt(promptTokens, seed)).maxNewTokens(newTokens).build();
  }

  /** Prompts from one token to several pages, some with a common beginning. */
  private static ImmutableList<GenerationRequest> mixed(int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> request(1 + i * 7, 3 + i % 11, i % 3))
        .collect(ImmutableList.toImmutableList());
  }

  private static ImmutableList<ImmutableIntArray> tokens(List<GenerationResult> results) {
    return results.stream().map(GenerationResult::tokens).collect(ImmutableList.toImmutableList());
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "FLOAT8_E4M3")
  void generate_shippedParent_givesTransformersGreedyTokens(WeightFormat format)
      throws IOException {
    EngineSettings settings = EngineSettings.builder().weights(format).build();
    try (NativeScope scope = NativeScope.open();
        SafetensorsFile expected =
            SafetensorsFile.open(SmallModel.SHIPPED.resolve("expected.safetensors"));
        TextGenerator generator = TextGenerator.open(SmallModel.SHIPPED, settings)) {
      long[] generated = Tensors.longs(expected.tensor("generated").flatten());
      long[] prompt = Tensors.longs(expected.tensor("prompt").flatten());
      ImmutableIntArray all = ints(generated);
      GenerationResult result =
          generator.generate(
              GenerationRequest.continuing(ints(prompt))
                  .maxNewTokens(generated.length - prompt.length)
                  .build());
      assertThat(result.tokens()).isEqualTo(all.subArray(prompt.length, all.length()));
      assertThat(result.finish()).isEqualTo(FinishReason.LENGTH);
      try (Tokenizer tokenizer = Tokenizer.open(SmallModel.SHIPPED)) {
        assertThat(result.text()).isEqualTo(tokenizer.decodeText(result.tokens()));
      }
    }
  }

  private static ImmutableIntArray ints(long[] values) {
    ImmutableIntArray.Builder ints = ImmutableIntArray.builder();
    for (long value : values) {
      ints.add((int) value);
    }
    return ints.build();
  }

  @Test
  void generateAll_mixedLengths_givesEachTheTokensItGetsAlone() throws IOException {
    ImmutableList<GenerationRequest> requests = mixed(32);
    List<GenerationResult> alone = new ArrayList<>();
    try (TextGenerator generator = SmallModel.generator(EngineSettings.defaults())) {
      requests.forEach(request -> alone.add(generator.generate(request)));
    }
    try (TextGenerator generator = SmallModel.generator(EngineSettings.defaults())) {
      List<GenerationResult> together = generator.generateAll(requests);
      assertThat(tokens(together)).isEqualTo(tokens(alone));
      assertThat(generator.metrics().cache().usedPages()).isZero();
    }
  }

  @Test
  void generateAll_otherThreadsChunksAndMemory_changeNothing() throws IOException {
    ImmutableList<GenerationRequest> requests = mixed(16);
    EngineSettings tight =
        EngineSettings.builder()
            .threads(3)
            .prefillTokens(64)
            .maxBatch(3)
            .kvBytes(4 * PAGE_BYTES)
            .build();
    try (TextGenerator one = SmallModel.generator(EngineSettings.builder().threads(1).build());
        TextGenerator other = SmallModel.generator(tight)) {
      assertThat(tokens(other.generateAll(requests))).isEqualTo(tokens(one.generateAll(requests)));
    }
  }

  @Test
  void generate_promptSeenBefore_sharesItsPagesAndAnswersAlike() throws IOException {
    try (TextGenerator generator = SmallModel.generator(EngineSettings.defaults())) {
      GenerationRequest request = request(150, 20, 5);
      GenerationResult first = generator.generate(request);
      GenerationResult second = generator.generate(request);
      assertThat(first.sharedTokens()).isZero();
      assertThat(second.sharedTokens()).isEqualTo(2 * KvPages.PAGE_TOKENS);
      assertThat(second.tokens()).isEqualTo(first.tokens());
    }
  }

  @Test
  void pieces_joined_areTheText() throws IOException {
    try (TextGenerator generator = SmallModel.generator(EngineSettings.defaults())) {
      Generation generation = generator.submit(request(5, 40, 1));
      String joined = generation.pieces().collect(Collectors.joining());
      assertThat(joined).isEqualTo(generation.await().text()).isNotEmpty();
      assertThatThrownBy(generation::pieces)
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("the stream of this generation has been taken before");
    }
  }

  @Test
  void generate_stopString_endsBeforeIt() throws IOException {
    try (TextGenerator generator = SmallModel.generator(EngineSettings.defaults())) {
      String whole = generator.generate(request(5, 40, 1)).text();
      String stop = whole.substring(10, 14);
      GenerationResult stopped =
          generator.generate(
              GenerationRequest.continuing(prompt(5, 1))
                  .maxNewTokens(40)
                  .stopStrings(stop)
                  .build());
      assertThat(stopped.text()).isEqualTo(whole.substring(0, whole.indexOf(stop)));
      assertThat(stopped.finish()).isEqualTo(FinishReason.STOP_STRING);
    }
  }

  @Test
  void generate_sameSeed_sameTokensInAnyCompany() throws IOException {
    GenerationRequest drawn =
        GenerationRequest.continuing(prompt(9, 2))
            .maxNewTokens(30)
            .sampling(SamplingParams.builder().temperature(0.9).topP(0.95).seed(3).build())
            .build();
    try (TextGenerator generator = SmallModel.generator(EngineSettings.defaults())) {
      GenerationResult alone = generator.generate(drawn);
      List<GenerationRequest> company = new ArrayList<>(mixed(8));
      company.add(drawn);
      assertThat(generator.generateAll(company).get(8).tokens()).isEqualTo(alone.tokens());
      assertThat(alone.tokens()).isNotEqualTo(generator.generate(request(9, 30, 2)).tokens());
    }
  }

  @Test
  void generate_logProbsAsked_reportsThemForEachToken() throws IOException {
    try (TextGenerator generator = SmallModel.generator(EngineSettings.defaults())) {
      GenerationResult result =
          generator.generate(
              GenerationRequest.continuing(prompt(9, 2))
                  .maxNewTokens(4)
                  .sampling(SamplingParams.builder().temperature(0).topLogProbs(3).build())
                  .build());
      assertThat(result.sampled()).hasSize(4).allSatisfy(s -> assertThat(s.top()).hasSize(3));
      ImmutableIntArray all =
          ImmutableIntArray.builder().addAll(prompt(9, 2)).addAll(result.tokens()).build();
      assertThat(generator.score(all, 9).get(2).logProb())
          .isCloseTo(result.sampled().get(2).logProb().orElseThrow(), within(1e-5));
    }
  }

  @Test
  void generate_contextEnds_endsByLength() throws IOException {
    try (TextGenerator generator = SmallModel.generator(EngineSettings.defaults())) {
      GenerationResult result = generator.generate(request(SmallModel.CONTEXT - 3, 100, 1));
      assertThat(result.tokens().length()).isEqualTo(4);
      assertThat(result.finish()).isEqualTo(FinishReason.LENGTH);
    }
  }

  @Test
  void score_longText_equalsTheFullForwardPass() throws IOException {
    try (NativeScope scope = NativeScope.open();
        HeterogeneousModel model = ModelReader.read(SmallModel.SHIPPED, DType.FLOAT32, Device.CPU);
        TextGenerator generator = TextGenerator.open(SmallModel.SHIPPED)) {
      ImmutableIntArray tokens = prompt(300, 4);
      Tensor idsBT = Tensors.of(tokens.stream().asLongStream().toArray(), 1, tokens.length());
      Tensor logProbs = model.logits(idsBT).log_softmax(2);
      ImmutableList<TokenLogProb> scores = generator.score(tokens, 100);
      assertThat(scores).hasSize(200);
      for (int i = 0; i < 200; i++) {
        int token = tokens.get(100 + i);
        double expected = logProbs.select(1, 99 + i).select(1, token).item_double();
        assertThat(scores.get(i)).isEqualTo(new TokenLogProb(token, scores.get(i).logProb()));
        assertThat(scores.get(i).logProb()).isCloseTo(expected, within(1e-3));
      }
      assertThat(generator.score(tokens, 100)).isEqualTo(scores);
    }
  }

  @Test
  void score_promptAndContinuation_coversTheContinuation() throws IOException {
    try (TextGenerator generator = TextGenerator.open(SmallModel.SHIPPED)) {
      double likely = sum(generator.score("Once upon a", " time"));
      double unlikely = sum(generator.score("Once upon a", " fish"));
      assertThat(likely).isGreaterThan(unlikely).isNegative();
      assertThatThrownBy(() -> generator.score("Once upon a", ""))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("scored tokens must begin");
    }
  }

  private static double sum(List<TokenLogProb> scores) {
    return scores.stream().mapToDouble(TokenLogProb::logProb).sum();
  }
}
