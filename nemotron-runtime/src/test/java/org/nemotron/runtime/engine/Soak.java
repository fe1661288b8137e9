package org.nemotron.runtime.engine;

import static com.google.common.base.Verify.verify;
import static org.nemotron.runtime.engine.SmallModel.CONTEXT;
import static org.nemotron.runtime.engine.SmallModel.VOCABULARY;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.Pointer;
import org.nemotron.runtime.metrics.EngineMetrics;
import org.nemotron.runtime.sampling.SamplingParams;

/**
 * Several callers who ask for anything at all, against an engine whose KV cache is tiny: prompts of
 * all lengths that often begin alike, cancellations, stop strings, listeners that throw, scores,
 * bursts, and requests that must be refused. What each asks depends on the seed; every request must
 * end as it should, and at the end no page may be missing.
 *
 * <p>{@code main MINUTES} goes on for so long and prints a line a minute; it ends with an error
 * where something is wrong.
 */
final class Soak {
  static final int PAGES = 7;
  private static final int CALLERS = 5;
  private static final int MOST_TOKENS = 360;

  private final TextGenerator generator;
  private final AtomicLong submitted = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();

  /** Makes a soak of a generator with {@link #settings}. */
  Soak(TextGenerator generator) {
    this.generator = generator;
  }

  static EngineSettings settings() {
    return EngineSettings.builder()
        .maxBatch(6)
        .prefillTokens(64)
        .queueCapacity(8)
        .kvBytes(PAGES * SmallModel.pageBytes())
        .reservation(KvReservation.expecting(0)) // so that memory ends while answers grow
        .build();
  }

  public static void main(String[] arguments)
      throws IOException, InterruptedException, ExecutionException {
    int minutes = Integer.parseInt(arguments[0]);
    try (TextGenerator generator = SmallModel.generator(settings())) {
      Soak soak = new Soak(generator);
      long first = 0;
      for (int minute = 1; minute <= minutes; minute++) {
        long end = System.nanoTime() + Duration.ofMinutes(1).toNanos();
        soak.run(minute, () -> System.nanoTime() < end);
        first = minute == 1 ? Pointer.physicalBytes() : first;
        System.out.println("minute " + minute + ": " + soak.account());
      }
      System.out.println("grown " + (Pointer.physicalBytes() - first));
    }
  }

  /** Lets the callers ask while {@code goesOn} and returns when all have their answers. */
  void run(long seed, BooleanSupplier goesOn) throws InterruptedException, ExecutionException {
    SplittableRandom seeds = new SplittableRandom(seed);
    ImmutableList<Callable<Boolean>> callers =
        IntStream.range(0, CALLERS)
            .mapToObj(i -> caller(seeds.split(), goesOn))
            .collect(ImmutableList.toImmutableList());
    ExecutorService threads = Executors.newFixedThreadPool(CALLERS);
    try {
      for (Future<Boolean> caller : threads.invokeAll(callers)) {
        verify(caller.get());
      }
    } finally {
      threads.shutdown();
    }
  }

  private Callable<Boolean> caller(SplittableRandom random, BooleanSupplier goesOn) {
    return () -> {
      while (goesOn.getAsBoolean()) {
        ask(random);
      }
      return true;
    };
  }

  private void ask(SplittableRandom random) {
    switch (random.nextInt(8)) {
      case 0 -> cancelWhenever(random);
      case 1 -> throwFromListener(random);
      case 2 -> beRefused(random);
      case 3 -> score(random);
      case 4 -> burst(random);
      case 5 -> stream(random);
      default -> awaitAnswer(random);
    }
  }

  /** Few seeds, so that prompts often begin alike. */
  private static ImmutableIntArray prompt(SplittableRandom random, int tokens) {
    long seed = random.nextInt(4);
    return ImmutableIntArray.copyOf(new SplittableRandom(seed).ints(tokens, 0, VOCABULARY));
  }

  private static GenerationRequest request(SplittableRandom random) {
    int prompt = 1 + random.nextInt(random.nextInt(4) == 0 ? 300 : 40);
    int newTokens = 1 + random.nextInt(random.nextInt(8) == 0 ? MOST_TOKENS - 300 : 30);
    SamplingParams.Builder sampling =
        SamplingParams.builder().temperature(random.nextInt(2)).seed(random.nextLong());
    if (random.nextInt(4) == 0) {
      sampling.repetitionPenalty(1.2).topLogProbs(random.nextInt(3));
    }
    return GenerationRequest.continuing(prompt(random, prompt))
        .maxNewTokens(newTokens)
        .sampling(sampling.build())
        .stopStrings(random.nextInt(3) == 0 ? new String[] {"e", "the "} : new String[0])
        .build();
  }

  private Generation submit(GenerationRequest request) {
    submitted.incrementAndGet();
    return generator.submit(request);
  }

  private static void check(GenerationRequest request, GenerationResult result) {
    int tokens = result.tokens().length();
    verify(tokens <= request.maxNewTokens(), "%s tokens for %s", tokens, request);
    switch (result.finish()) {
      case LENGTH -> verify(tokens == request.maxNewTokens(), "%s tokens by length", tokens);
      case STOP_STRING -> verify(!request.stopStrings().isEmpty(), "nothing to stop at");
      case END_TOKEN, STOP_TOKEN, COMPLETE, CANCELLED, TIME ->
          throw new IllegalStateException("nobody asked for this end");
    }
    request
        .stopStrings()
        .forEach(stop -> verify(!result.text().contains(stop), "the text goes on behind %s", stop));
  }

  private void awaitAnswer(SplittableRandom random) {
    GenerationRequest request = request(random);
    check(request, submit(request).await());
  }

  private void stream(SplittableRandom random) {
    GenerationRequest request = request(random);
    Generation generation = submit(request);
    long chars = generation.pieces().mapToLong(String::length).sum();
    GenerationResult result = generation.await();
    check(request, result);
    verify(chars == result.text().length(), "a piece is missing");
  }

  private void burst(SplittableRandom random) {
    ImmutableList<GenerationRequest> requests =
        IntStream.range(0, 1 + random.nextInt(20))
            .mapToObj(i -> request(random))
            .collect(ImmutableList.toImmutableList());
    submitted.addAndGet(requests.size());
    ImmutableList<GenerationResult> results = generator.generateAll(requests);
    for (int i = 0; i < requests.size(); i++) {
      check(requests.get(i), results.get(i));
    }
  }

  /** At once, behind some pieces, or when the answer may be there already. */
  private void cancelWhenever(SplittableRandom random) {
    Generation generation = submit(request(random));
    long pieces = generation.pieces().limit(random.nextInt(6)).count();
    generation.cancel();
    verify(generation.await().text().length() >= pieces, "a piece is missing");
  }

  private void throwFromListener(SplittableRandom random) {
    CompletableFuture<String> seen = new CompletableFuture<>();
    IllegalStateException fault = new IllegalStateException("listener");
    submitted.incrementAndGet();
    try {
      GenerationResult result =
          generator.generate(
              request(random),
              piece -> {
                seen.complete(piece);
                throw fault;
              });
      verify(!seen.isDone(), "the listener's fault is lost: %s", result);
    } catch (IllegalStateException e) {
      verify(e == fault, "another fault: %s", e);
    }
  }

  private void beRefused(SplittableRandom random) {
    int tokens = random.nextBoolean() ? 0 : CONTEXT + 1 + random.nextInt(100);
    try {
      Generation generation =
          generator.submit(GenerationRequest.continuing(prompt(random, tokens)).build());
      throw new IllegalStateException("a prompt of " + tokens + " tokens: " + generation.await());
    } catch (RequestRefusedException e) {
      refused.incrementAndGet();
    }
  }

  private void score(SplittableRandom random) {
    int tokens = 2 + random.nextInt(random.nextInt(4) == 0 ? 300 : 40);
    int from = 1 + random.nextInt(tokens - 1);
    submitted.incrementAndGet();
    verify(generator.score(prompt(random, tokens), from).size() == tokens - from);
  }

  /**
   * Checks, when nobody asks, that every request has ended and every page is there, and says how
   * much there was.
   */
  String account() {
    EngineMetrics metrics = generator.metrics();
    long ended = metrics.served() + metrics.cancelled();
    verify(metrics.failed() == 0, "%s requests failed", metrics.failed());
    verify(ended == submitted.get(), "%s requests ended of %s", ended, submitted);
    verify(metrics.queued() == 0 && metrics.running() == 0, "somebody still waits: %s", metrics);
    int used = metrics.cache().usedPages();
    int pages = metrics.cache().freePages() + metrics.cache().cachedPages();
    verify(used == 0 && pages == PAGES, "pages: %s used, %s not of %s", used, pages, PAGES);
    return String.format(
        "%d requests (%d cancelled, %d more refused, %d times one put back), %d tokens,"
            + " 0 of %d pages held, %d MiB resident",
        ended,
        metrics.cancelled(),
        refused.get(),
        metrics.preemptions(),
        metrics.generatedTokens(),
        PAGES,
        Pointer.physicalBytes() >> 20);
  }
}
