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
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.Resources;

/**
 * Measures how fast whole models generate, by generating, on all cores.
 *
 * <p>The models take turns, on CPUs within a generation, so that a disturbance of the machine meets
 * all alike. Before the first round that counts, each runs until a further run (on CPUs the
 * beginning of one) is hardly faster than the one before: a virtual machine that has not compiled
 * its loops yet would make the first model seem slow.
 */
public final class ThroughputMeter {
  /** How well the ratio of two models is to be known, as a share of it. */
  public static final double PRECISION = 0.01;

  /** A busy machine is not measured for longer than this, once it was often enough. */
  private static final Duration LONG_ENOUGH = Duration.ofSeconds(10);

  private static final int WARM_UP_TOKENS = 2;
  private static final int TURN_TOKENS = 4;
  private static final int WARM_ROUND_TOKENS = 32;
  private static final int MOST_WARM_ROUNDS = 4;
  private static final double STILL_WARMING = 0.95;

  private final int least;
  private final int most;

  /** A model and what it is to do. */
  public record Subject(HeterogeneousModel model, Scenario scenario) {}

  /** Makes rounds. */
  private interface Rounds {
    /**
     * Returns the rates of all models in a generation, or where models take turns in its beginning
     * of about {@code mostTokens} tokens: then they are good to be compared alone.
     */
    ImmutableList<Double> run(int mostTokens);
  }

  private record Ready(InferenceModel model, Scenario scenario) {}

  private ThroughputMeter(int least, int most) {
    this.least = least;
    this.most = most;
  }

  /**
   * Returns a meter that takes as many rounds as the settings say and, until the ratio of each
   * model to the first is known within {@link #PRECISION}, up to {@link
   * MeterSettings#mostGenerationRounds} or for 10 seconds.
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
   * <p>Where scenarios have several GPUs, their tokens are counted together.
   *
   * @param enough whether no further round is wanted, asked when the ratios are known
   */
  public PairedRates measure(List<Subject> subjects, Predicate<PairedRates> enough) {
    checkArgument(!subjects.isEmpty(), "subjects ([]) must hold at least one");
    int degree = subjects.get(0).scenario().tensorParallel();
    subjects.forEach(
        subject ->
            checkArgument(
                subject.scenario().tensorParallel() == degree,
                "models that are compared must have one degree of tensor parallelism, not %s and %s",
                degree,
                subject.scenario().tensorParallel()));
    List<Ready> ready = new ArrayList<>();
    try (InferenceBackend device =
            Backends.of(subjects.get(0).model().device(), CpuThreads.available(), degree);
        Resources models = new Resources()) { // closed before the device
      for (Subject subject : subjects) {
        InferenceModel model =
            device.prepare(subject.model(), device.bestFormat(), device.usualRows());
        ready.add(new Ready(models.add(model, InferenceModel::close), subject.scenario()));
      }
      return rates(ready, enough);
    }
  }

  private PairedRates rates(List<Ready> models, Predicate<PairedRates> enough) {
    try (Resources sessions = new Resources()) {
      Rounds rounds = rounds(models, sessions);
      warm(rounds);
      Stopwatch taken = Stopwatch.createStarted();
      PairedRates rates = new PairedRates(ImmutableList.of(rounds.run(Integer.MAX_VALUE)));
      while (!isEnough(rates, taken.elapsed(), enough)) {
        rates = rates.with(rounds.run(Integer.MAX_VALUE));
      }
      return rates;
    }
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

  /** Runs beginnings of rounds until one is hardly faster than the one before. */
  private static void warm(Rounds rounds) {
    double before = total(rounds.run(WARM_ROUND_TOKENS));
    for (int round = 1; round < MOST_WARM_ROUNDS; round++) {
      double now = total(rounds.run(WARM_ROUND_TOKENS));
      if (now > STILL_WARMING * before) {
        break;
      }
      before = now;
    }
  }

  /** Returns the time that all models together take for a token each. */
  private static double total(List<Double> rates) {
    return rates.stream().mapToDouble(rate -> 1 / rate).sum();
  }

  /**
   * Returns what makes a round. On CPUs, whose speed changes within a generation where other
   * programs run, the models take turns every {@link #TURN_TOKENS} tokens, each with memory that it
   * keeps for all rounds; on GPUs one is done before the next has memory.
   */
  private static Rounds rounds(List<Ready> models, Resources sessions) {
    if (models.get(0).model().samplesTokens()) {
      return most ->
          models.stream().map(ThroughputMeter::rateAlone).collect(ImmutableList.toImmutableList());
    }
    ImmutableList<Turns> all =
        models.stream()
            .map(one -> new Turns(one, sessions))
            .collect(ImmutableList.toImmutableList());
    return most -> round(all, most);
  }

  private static double rateAlone(Ready model) {
    try (Resources session = new Resources()) {
      return round(ImmutableList.of(new Turns(model, session)), Integer.MAX_VALUE).get(0);
    }
  }

  private static ImmutableList<Double> round(ImmutableList<Turns> all, int mostTokens) {
    all.forEach(turns -> turns.restart(mostTokens));
    while (!all.stream().allMatch(Turns::isComplete)) {
      Cancellation.check();
      all.forEach(Turns::take);
    }
    return all.stream().map(Turns::tokensPerSecond).collect(ImmutableList.toImmutableList());
  }

  /** One model's generation. Memory is made, and the step recorded, before the clock starts. */
  private static final class Turns {
    private final Scenario scenario;
    private final ImmutableList<ImmutableIntArray> prompts;
    private final InferenceSession session;
    private @Nullable GreedyGeneration generation;
    private long nanos;
    private int left;

    Turns(Ready one, Resources sessions) {
      this.scenario = one.scenario();
      this.prompts = prompts(scenario, one.model().spec().vocabularySize());
      int pages = GreedyDecoder.pages(one.model(), prompts, scenario.outputTokens());
      this.session = sessions.add(one.model().newSession(pages), InferenceSession::close);
      int tokens = Math.min(WARM_UP_TOKENS, scenario.outputTokens());
      verify(GreedyDecoder.generate(session, prompts, tokens).size() == prompts.size());
    }

    void restart(int mostTokens) {
      generation = null;
      nanos = 0;
      left = mostTokens;
    }

    boolean isComplete() {
      return generation != null && (generation.isComplete() || left <= 0);
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
      left -= TURN_TOKENS;
    }

    double tokensPerSecond() {
      return scenario.tokensPerSecond(nanos);
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
