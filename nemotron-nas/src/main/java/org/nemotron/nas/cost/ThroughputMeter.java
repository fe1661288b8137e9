package org.nemotron.nas.cost;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Verify.verify;

import com.google.common.base.Stopwatch;
import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.nemotron.core.backend.Backends;
import org.nemotron.core.inference.GreedyDecoder;
import org.nemotron.core.inference.GreedyGeneration;
import org.nemotron.core.inference.InferenceBackend;
import org.nemotron.core.inference.InferenceModel;
import org.nemotron.core.inference.InferenceSession;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.Cancellation;
import org.nemotron.core.tensor.Resources;

/**
 * Measures how fast whole models generate, by generating, on all cores.
 *
 * <p>The models take turns, on CPUs within a generation, so that a disturbance of the machine meets
 * all alike. Before the first round that counts, each runs until a further run is hardly faster
 * than the one before: a virtual machine that has not compiled its loops yet would make the first
 * model seem slow.
 */
public final class ThroughputMeter {
  /** How well the ratio of two models is to be known, as a share of it. */
  public static final double PRECISION = 0.01;

  /** A busy machine is not measured for longer than this, once it was often enough. */
  private static final Duration LONG_ENOUGH = Duration.ofSeconds(20);

  private static final int WARM_UP_TOKENS = 2;
  private static final int TURN_TOKENS = 16;
  private static final int MOST_WARM_ROUNDS = 4;
  private static final double STILL_WARMING = 0.95;

  private final int least;
  private final int most;

  /** A model and what it is to do. */
  public record Subject(HeterogeneousModel model, Scenario scenario) {}

  private record Ready(InferenceModel model, Scenario scenario) {}

  private ThroughputMeter(int least, int most) {
    this.least = least;
    this.most = most;
  }

  /**
   * Returns a meter that takes as many rounds as the settings say and, until the ratio of each
   * model to the first is known within {@link #PRECISION}, up to {@link
   * MeterSettings#mostGenerationRounds} or for 20 seconds.
   */
  public static ThroughputMeter exact(MeterSettings settings) {
    return new ThroughputMeter(settings.generationRounds(), settings.mostGenerationRounds());
  }

  /** Returns a meter that takes half as many rounds as the settings say, whatever their spread. */
  public static ThroughputMeter brief(MeterSettings settings) {
    int rounds = Math.max(1, settings.generationRounds() / 2);
    return new ThroughputMeter(rounds, rounds);
  }

  /** Returns the rates of {@code models} in one scenario; see {@link #measure(List, Predicate)}. */
  public PairedRates measure(Scenario scenario, List<HeterogeneousModel> models) {
    return measure(
        models.stream().map(model -> new Subject(model, scenario)).toList(), rates -> true);
  }

  /**
   * Returns generated tokens per second of each model, in their order; all on one device. Until all
   * are done, each is in memory as {@link InferenceBackend#bestFormat} has it.
   *
   * @param enough whether no further round is wanted, asked when the ratios are known
   */
  public PairedRates measure(List<Subject> subjects, Predicate<PairedRates> enough) {
    checkArgument(!subjects.isEmpty(), "subjects ([]) must hold at least one");
    List<Ready> ready = new ArrayList<>();
    try (InferenceBackend device = Backends.of(subjects.get(0).model().device())) {
      for (Subject subject : subjects) {
        InferenceModel model =
            device.prepare(subject.model(), device.bestFormat(), device.usualRows());
        ready.add(new Ready(model, subject.scenario()));
      }
      return rates(ready, enough);
    } finally {
      ready.forEach(one -> one.model().close());
    }
  }

  private PairedRates rates(List<Ready> models, Predicate<PairedRates> enough) {
    ImmutableList<Double> first = warm(models);
    Stopwatch taken = Stopwatch.createStarted();
    PairedRates rates = new PairedRates(ImmutableList.of(first));
    while (!isEnough(rates, taken.elapsed(), enough)) {
      rates = rates.with(round(models));
    }
    return rates;
  }

  private boolean isEnough(PairedRates rates, Duration taken, Predicate<PairedRates> enough) {
    int rounds = rates.rounds().size();
    if (rounds < least) {
      return false;
    }
    return rounds >= most
        || taken.compareTo(LONG_ENOUGH) > 0
        || (rates.ratiosWithin(PRECISION) && enough.test(rates));
  }

  /** Returns the first round that is hardly faster than the one before. */
  private static ImmutableList<Double> warm(List<Ready> models) {
    ImmutableList<Double> before = round(models);
    ImmutableList<Double> now = round(models);
    for (int round = 2; round < MOST_WARM_ROUNDS; round++) {
      if (total(now) > STILL_WARMING * total(before)) {
        break;
      }
      before = now;
      now = round(models);
    }
    return now;
  }

  /** Returns the time that all models together take for a token each. */
  private static double total(List<Double> rates) {
    return rates.stream().mapToDouble(rate -> 1 / rate).sum();
  }

  /**
   * On CPUs, whose speed changes within a generation where other programs run, the models take
   * turns every {@link #TURN_TOKENS} tokens, each with its own memory.
   */
  private static ImmutableList<Double> round(List<Ready> models) {
    if (models.get(0).model().samplesTokens()) {
      return models.stream()
          .map(one -> rate(one, inTurns(ImmutableList.of(one)).get(0)))
          .collect(ImmutableList.toImmutableList());
    }
    ImmutableList<Long> nanos = inTurns(models);
    return IntStream.range(0, models.size())
        .mapToObj(index -> rate(models.get(index), nanos.get(index)))
        .collect(ImmutableList.toImmutableList());
  }

  private static double rate(Ready one, long nanos) {
    return one.scenario().tokensPerSecond(nanos);
  }

  private static ImmutableList<Long> inTurns(List<Ready> models) {
    try (Resources sessions = new Resources()) {
      List<Turns> all = new ArrayList<>();
      for (Ready one : models) {
        all.add(new Turns(one, sessions));
      }
      while (!all.stream().allMatch(Turns::isComplete)) {
        Cancellation.check();
        all.forEach(Turns::take);
      }
      return all.stream().map(turns -> turns.nanos).collect(ImmutableList.toImmutableList());
    }
  }

  /** One model's generation. Memory is made, and the step recorded, before the clock starts. */
  private static final class Turns {
    private final Scenario scenario;
    private final ImmutableList<ImmutableIntArray> prompts;
    private final InferenceSession session;
    private @Nullable GreedyGeneration generation;
    private long nanos;

    Turns(Ready one, Resources sessions) {
      this.scenario = one.scenario();
      this.prompts = prompts(scenario, one.model().spec().vocabularySize());
      int pages = GreedyDecoder.pages(one.model(), prompts, scenario.outputTokens());
      this.session = sessions.add(one.model().newSession(pages), InferenceSession::close);
      int tokens = Math.min(WARM_UP_TOKENS, scenario.outputTokens());
      verify(GreedyDecoder.generate(session, prompts, tokens).size() == prompts.size());
    }

    boolean isComplete() {
      return generation != null && generation.isComplete();
    }

    void take() {
      long start = System.nanoTime();
      GreedyGeneration running = generation;
      if (running == null) {
        generation = GreedyGeneration.begin(session, prompts, scenario.outputTokens());
      } else {
        running.advance(TURN_TOKENS);
      }
      nanos += System.nanoTime() - start;
    }
  }

  private static ImmutableList<ImmutableIntArray> prompts(Scenario scenario, int vocabulary) {
    ImmutableList.Builder<ImmutableIntArray> prompts = ImmutableList.builder();
    for (int sequence = 0; sequence < scenario.batch(); sequence++) {
      int first = sequence * scenario.promptTokens();
      prompts.add(
          ImmutableIntArray.copyOf(
              IntStream.range(first, first + scenario.promptTokens())
                  .map(index -> index % vocabulary)));
    }
    return prompts.build();
  }
}
