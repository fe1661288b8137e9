package org.nemotron.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.nemotron.core.tensor.NonFiniteException;
import org.nemotron.core.text.Tokenizer;
import org.nemotron.runtime.chat.ChatMessage;
import org.nemotron.runtime.metrics.EngineMetrics;

/** What goes wrong has an end that is defined, and harms no other request. */
final class BadInputAndLoadTest {
  private static final long PAGE_BYTES = SmallModel.pageBytes();

  private static ImmutableIntArray prompt(int length, long seed) {
    return ImmutableIntArray.copyOf(
        new SplittableRandom(seed).ints(length, 0, SmallModel.VOCABULARY));
  }

  private static GenerationRequest request(int promptTokens, int newTokens, long seed) {
    return GenerationRequest.continuing(prompt(promptTokens, seed)).maxNewTokens(newTokens).build();
  }

  private static EngineSettings pages(int pages) {
    return EngineSettings.builder().kvBytes(pages * PAGE_BYTES).build();
  }

  /** Prompts from one token to several pages, some with a common beginning. */
  private static ImmutableList<GenerationRequest> mixed(int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> request(1 + i * 7, 3 + i % 11, i % 3))
        .collect(ImmutableList.toImmutableList());
  }

  @Test
  void submit_impossibleRequests_areRefusedAtOnce() throws IOException {
    try (TextGenerator generator = SmallModel.generator(pages(2))) {
      assertThatThrownBy(() -> generator.submit(request(0, 5, 1)))
          .isInstanceOf(RequestRefusedException.class)
          .hasMessage("a prompt must have a token");
      assertThatThrownBy(() -> generator.generate(""))
          .isInstanceOf(RequestRefusedException.class)
          .hasMessage("a prompt must have a token");
      assertThatThrownBy(() -> generator.submit(request(SmallModel.CONTEXT + 1, 5, 1)))
          .isInstanceOf(RequestRefusedException.class)
          .hasMessage("a prompt of 513 tokens must not exceed the model's longest context (512)");
      assertThatThrownBy(() -> generator.submit(request(100, 30, 1)))
          .isInstanceOf(RequestRefusedException.class)
          .hasMessageStartingWith(
              "a request of 129 tokens can never fit the KV cache of 128 tokens");
      GenerationRequest unknown =
          GenerationRequest.continuing(ImmutableIntArray.of(SmallModel.VOCABULARY))
              .maxNewTokens(1)
              .build();
      assertThatThrownBy(() -> generator.submit(unknown))
          .isInstanceOf(RequestRefusedException.class)
          .hasMessageContaining("beyond the model's vocabulary");
      assertThat(generator.generate(request(100, 29, 1)).tokens().length()).isEqualTo(29);
    }
  }

  @Test
  void open_memoryUnderAPage_namesTheLeast() {
    EngineSettings settings = EngineSettings.builder().kvBytes(PAGE_BYTES - 1).build();
    assertThatThrownBy(() -> SmallModel.generator(settings))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "kvBytes (%s) must be at least %s: one page of 64 tokens", PAGE_BYTES - 1, PAGE_BYTES);
  }

  @Test
  void generateAll_thousandRequestsTinyCache_allServed() throws IOException {
    List<GenerationRequest> requests = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      requests.add(request(1 + i % 90, 1 + i % 5, i));
    }
    try (TextGenerator generator = SmallModel.generator(pages(3))) {
      List<GenerationResult> results = generator.generateAll(requests);
      for (int i = 0; i < 1000; i++) {
        assertThat(results.get(i).tokens().length()).isEqualTo(1 + i % 5);
      }
      EngineMetrics metrics = generator.metrics();
      assertThat(metrics.served()).isEqualTo(1000);
      assertThat(metrics.cache().usedPages()).isZero();
      assertThat(metrics.cache().cachedPages() + metrics.cache().freePages()).isEqualTo(3);
    }
  }

  @Test
  void submit_fullQueue_waitsAndServesAll() throws IOException {
    EngineSettings settings =
        EngineSettings.builder().queueCapacity(1).maxBatch(1).kvBytes(8 * PAGE_BYTES).build();
    try (TextGenerator generator = SmallModel.generator(settings)) {
      assertThat(generator.generateAll(mixed(12))).hasSize(12);
    }
  }

  @Test
  void trySubmit_fullQueue_isEmptyAndTheOthersAreServed() throws IOException {
    EngineSettings settings = EngineSettings.builder().queueCapacity(1).maxBatch(1).build();
    try (TextGenerator generator = SmallModel.generator(settings)) {
      Generation running = generator.submit(request(5, 500, 1));
      assertThat(running.pieces().limit(1).count()).isEqualTo(1); // so it has left the queue
      Generation waiting = generator.trySubmit(request(7, 3, 2)).orElseThrow();
      assertThat(generator.trySubmit(request(9, 3, 3))).isEmpty();
      running.cancel();
      assertThat(waiting.await().tokens().length()).isEqualTo(3);
      assertThat(generator.trySubmit(request(9, 3, 3)).orElseThrow().await().finish())
          .isEqualTo(FinishReason.LENGTH);
      assertThat(generator.metrics().served()).isEqualTo(2);
    }
  }

  @Test
  void generateAll_oneRefused_cancelsTheOthers() throws IOException {
    try (TextGenerator generator = SmallModel.generator(EngineSettings.defaults())) {
      ImmutableList<GenerationRequest> requests =
          ImmutableList.of(request(5, 500, 1), request(0, 5, 1));
      assertThatThrownBy(() -> generator.generateAll(requests))
          .isInstanceOf(RequestRefusedException.class)
          .hasMessage("a prompt must have a token");
      assertThat(generator.generate(request(3, 5, 1)).tokens().length()).isEqualTo(5);
      assertThat(generator.metrics().cancelled()).isEqualTo(1);
    }
  }

  @Test
  void score_tooLong_isRefused() throws IOException {
    try (TextGenerator generator = SmallModel.generator(EngineSettings.defaults())) {
      assertThatThrownBy(() -> generator.score(prompt(SmallModel.CONTEXT + 2, 1), 1))
          .isInstanceOf(RequestRefusedException.class)
          .hasMessage("a prompt of 513 tokens must not exceed the model's longest context (512)");
    }
  }

  @Test
  @SuppressWarnings("NullAway") // what a caller without NullAway may do
  void submit_null_isRefusedInASentence() throws IOException {
    try (TextGenerator generator = SmallModel.generator(EngineSettings.defaults())) {
      assertThatThrownBy(() -> generator.generate((GenerationRequest) null))
          .isInstanceOf(NullPointerException.class)
          .hasMessage("a request must not be null");
    }
  }

  @Test
  void cancel_running_endsItAloneWithWhatThereIs() throws IOException {
    try (TextGenerator generator = SmallModel.generator(EngineSettings.defaults())) {
      Generation long1 = generator.submit(request(5, 400, 1));
      Generation other = generator.submit(request(7, 50, 2));
      assertThat(long1.pieces().limit(3).count()).isEqualTo(3);
      long1.cancel();
      GenerationResult ended = long1.await();
      assertThat(ended.finish()).isEqualTo(FinishReason.CANCELLED);
      assertThat(ended.tokens().length()).isBetween(1, 399);
      assertThat(other.await().tokens()).isEqualTo(generator.generate(request(7, 50, 2)).tokens());
      assertThat(generator.metrics().cancelled()).isEqualTo(1);
    }
  }

  @Test
  void cancel_waiting_endsItWithoutTokens() throws IOException {
    EngineSettings settings = EngineSettings.builder().maxBatch(1).build();
    try (TextGenerator generator = SmallModel.generator(settings)) {
      Generation running = generator.submit(request(5, 400, 1));
      Generation waiting = generator.submit(request(7, 50, 2));
      waiting.cancel();
      assertThat(waiting.await().finish()).isEqualTo(FinishReason.CANCELLED);
      assertThat(waiting.await().tokens()).isEqualTo(ImmutableIntArray.of());
      running.cancel();
      assertThat(running.await().finish()).isEqualTo(FinishReason.CANCELLED);
    }
  }

  @Test
  void generate_listenerThrows_callerGetsItAndOthersGoOn() throws IOException {
    try (TextGenerator generator = SmallModel.generator(EngineSettings.defaults())) {
      Generation other = generator.submit(request(7, 100, 2));
      IllegalStateException fault = new IllegalStateException("listener");
      assertThatThrownBy(
              () ->
                  generator.generate(
                      request(5, 400, 1),
                      piece -> {
                        throw fault;
                      }))
          .isSameAs(fault);
      assertThat(other.await().tokens().length()).isEqualTo(100);
      assertThat(generator.generate(request(3, 5, 1)).tokens().length()).isEqualTo(5);
      assertThat(generator.metrics().cache().usedPages()).isZero();
    }
  }

  @Test
  void generate_logitsNotFinite_failsTheRequestAndKeepsThePages() throws IOException {
    try (TextGenerator generator = SmallModel.generator(EngineSettings.defaults(), Double.NaN)) {
      for (int i = 0; i < 2; i++) {
        Generation generation = generator.submit(request(5, 4, 1));
        assertThatThrownBy(generation::await)
            .isInstanceOf(GenerationFailedException.class)
            .hasMessageStartingWith("the request failed: ");
        assertThatThrownBy(() -> generation.future().get())
            .isInstanceOf(ExecutionException.class)
            .hasCauseExactlyInstanceOf(GenerationFailedException.class)
            .cause()
            .hasMessageStartingWith("the request failed: ");
      }
      assertThat(generator.metrics().failed()).isEqualTo(2);
      assertThat(generator.metrics().cache().usedPages()).isZero();
    }
  }

  /** Products of such weights are beyond float32. */
  @Test
  void generate_activationsOverflow_failsWithThePlace() throws IOException {
    try (TextGenerator generator = SmallModel.generator(EngineSettings.defaults(), 1e30)) {
      assertThat(generator.notes())
          .isNotEmpty()
          .allSatisfy(note -> assertThat(note).endsWith("; held as float32"));
      assertThatThrownBy(() -> generator.generate(request(5, 4, 1)))
          .isInstanceOf(GenerationFailedException.class)
          .hasMessageMatching(
              "the request failed: position 4: the logit of token \\d+ \\((NaN|-?Infinity)\\)"
                  + " must be finite\\.\n"
                  + "Maybe the weights are damaged, or so large that sums in float32 overflow\\.")
          .hasCauseInstanceOf(NonFiniteException.class);
      assertThatThrownBy(() -> generator.score(new int[] {1, 2, 3}, 1))
          .isInstanceOf(GenerationFailedException.class)
          .hasCauseInstanceOf(NonFiniteException.class);
    }
    try (TextGenerator usual = SmallModel.generator(EngineSettings.defaults())) {
      assertThat(usual.notes()).isEmpty();
    }
  }

  @Test
  void close_requestsUnderWay_endsThemAsCancelledAndRefusesMore() throws IOException {
    TextGenerator generator = SmallModel.generator(EngineSettings.builder().maxBatch(2).build());
    List<Generation> generations = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      generations.add(generator.submit(request(5, 500, i)));
    }
    generator.close();
    generator.close();
    assertThat(generations)
        .allSatisfy(g -> assertThat(g.await().finish()).isEqualTo(FinishReason.CANCELLED));
    assertThatThrownBy(() -> generator.submit(request(5, 5, 1)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the engine is closed");
  }

  @Test
  void submit_negativeToken_isRefused() throws IOException {
    try (TextGenerator generator = SmallModel.generator(EngineSettings.defaults())) {
      GenerationRequest negative =
          GenerationRequest.continuing(ImmutableIntArray.of(3, -1)).build();
      assertThatThrownBy(() -> generator.submit(negative))
          .isInstanceOf(RequestRefusedException.class)
          .hasMessageStartingWith(
              "token -1 of the prompt is beyond the model's vocabulary of 4096");
      assertThat(generator.generate(request(3, 5, 1)).tokens().length()).isEqualTo(5);
    }
  }

  @Test
  void generate_renderedTextWithUnknownSpecialToken_readsItAsPlainText() throws IOException {
    String text = "<|nobody_knows|> Once upon a time";
    try (TextGenerator generator = SmallModel.generator(EngineSettings.defaults());
        Tokenizer tokenizer = Tokenizer.open(SmallModel.SHIPPED)) {
      GenerationResult result =
          generator.generate(GenerationRequest.continuingRendered(text).maxNewTokens(6).build());
      ImmutableIntArray spelled = tokenizer.encode(text);
      assertThat(spelled.length()).isGreaterThan(tokenizer.encode("Once upon a time").length());
      assertThat(result.promptTokens()).isEqualTo(spelled.length());
      assertThat(result.tokens())
          .isEqualTo(
              generator
                  .generate(GenerationRequest.continuing(spelled).maxNewTokens(6).build())
                  .tokens());
    }
  }

  @Test
  void future_cancelled_cancelsTheGenerationAlone() throws IOException {
    try (TextGenerator generator = SmallModel.generator(EngineSettings.defaults())) {
      Generation given = generator.submit(request(5, 400, 1));
      Generation other = generator.submit(request(7, 50, 2));
      CompletableFuture<GenerationResult> future = given.future();
      assertThat(future.cancel(true)).isTrue();
      assertThat(given.await().finish()).isEqualTo(FinishReason.CANCELLED);
      assertThat(given.future().join()).isEqualTo(given.await());
      assertThat(other.future().join().finish()).isEqualTo(FinishReason.LENGTH);
      assertThat(generator.metrics().cancelled()).isEqualTo(1);
      assertThat(generator.metrics().cache().usedPages()).isZero();
    }
  }

  @Test
  void close_callersWaitingForRoomInTheQueue_allComeBack()
      throws IOException, InterruptedException, ExecutionException {
    int callers = 8;
    ExecutorService threads = Executors.newFixedThreadPool(callers);
    try {
      TextGenerator generator =
          SmallModel.generator(EngineSettings.builder().queueCapacity(1).maxBatch(1).build());
      Generation running = generator.submit(request(5, 500, 1));
      assertThat(running.pieces().limit(1).count()).isEqualTo(1);
      CountDownLatch begun = new CountDownLatch(callers);
      List<Future<String>> ends = new ArrayList<>();
      for (int i = 0; i < callers; i++) {
        GenerationRequest request = request(5, 500, i);
        ends.add(threads.submit(() -> end(generator, request, begun)));
      }
      begun.await();
      generator.close();
      for (Future<String> end : ends) {
        assertThat(end.get()).isIn("CANCELLED", "the engine is closed");
      }
    } finally {
      threads.shutdown();
    }
  }

  private static String end(
      TextGenerator generator, GenerationRequest request, CountDownLatch begun) {
    begun.countDown();
    try {
      return generator.submit(request).await().finish().toString();
    } catch (IllegalStateException e) {
      return String.valueOf(e.getMessage());
    }
  }

  @Test
  void anyCall_closedGenerator_isRefused() throws IOException {
    TextGenerator generator = SmallModel.generator(EngineSettings.defaults());
    generator.close();
    for (ThrowingCallable call :
        ImmutableList.<ThrowingCallable>of(
            () -> generator.generate("Once"),
            () -> generator.generate(request(3, 3, 1), piece -> {}),
            () -> generator.chat(ImmutableList.of(ChatMessage.user("Once"))),
            () -> generator.trySubmit(request(3, 3, 1)),
            () -> generator.generateAll(ImmutableList.of(request(3, 3, 1))),
            () -> generator.score("Once", " upon"),
            () -> generator.score(prompt(5, 1), 2))) {
      assertThatThrownBy(call)
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("the engine is closed");
    }
    assertThat(generator.metrics().served()).isZero();
  }
}
