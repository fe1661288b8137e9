package org.nemotron.nas.cost;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableMap;
import com.google.common.math.Quantiles;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.FfnSpec;

/**
 * Measures what each alternative costs on this machine: prefill and decode of every sub-block, and
 * of the part outside the layers, by running the code that generation runs.
 *
 * <p>All parts take turns within a round, so that a disturbance of the machine meets all alike and
 * caches are as cold as in a whole model; a cost is the median over rounds.
 */
public final class LatencyMeter {
  private static final int WARM_UP_ROUNDS = 2;

  private final int prefillRounds;
  private final int decodeRounds;

  /** Makes a meter that takes the median of this many rounds. */
  public LatencyMeter(int prefillRounds, int decodeRounds) {
    checkArgument(prefillRounds > 0, "prefillRounds (%s) must be positive", prefillRounds);
    checkArgument(decodeRounds > 0, "decodeRounds (%s) must be positive", decodeRounds);
    this.prefillRounds = prefillRounds;
    this.decodeRounds = decodeRounds;
  }

  /** Returns how many rounds a measurement has, warm-up included. */
  public int rounds() {
    return prefillRounds + decodeRounds + WARM_UP_ROUNDS;
  }

  /**
   * Returns the costs in {@code scenario}.
   *
   * @param parent gives shapes, element type, device and the part outside the layers
   * @param attentions what a layer may have; the parent's own are to be among them
   * @param ffns what a layer may have; the parent's own are to be among them
   * @param progress told after each round how many are done
   */
  public CostTable measure(
      HeterogeneousModel parent,
      Collection<AttentionSpec> attentions,
      Collection<FfnSpec> ffns,
      Scenario scenario,
      LongConsumer progress) {
    Map<AttentionSpec, Timer> attentionTimers = new LinkedHashMap<>();
    Map<FfnSpec, Timer> ffnTimers = new LinkedHashMap<>();
    List<Timer> all = new ArrayList<>();
    try {
      for (AttentionSpec spec : attentions) {
        attentionTimers.put(spec, added(all, SubBlockProbe.of(parent, spec, scenario)));
      }
      for (FfnSpec spec : ffns) {
        ffnTimers.put(spec, added(all, SubBlockProbe.of(parent, spec, scenario)));
      }
      Timer nonBlock = added(all, new NonBlockProbe(parent, scenario));
      run(all, progress);
      return new CostTable(
          scenario,
          new MemoryModel(parent.dtype()),
          latencies(attentionTimers),
          latencies(ffnTimers),
          nonBlock.latency());
    } finally {
      all.forEach(Timer::close);
    }
  }

  private static Timer added(List<Timer> all, Probe probe) {
    Timer timer = new Timer(probe);
    all.add(timer);
    return timer;
  }

  private void run(List<Timer> timers, LongConsumer progress) {
    for (int round = 0; round < rounds(); round++) {
      boolean warmUp = round < WARM_UP_ROUNDS;
      for (Timer timer : timers) {
        if (warmUp || round < WARM_UP_ROUNDS + prefillRounds) {
          timer.prefill(!warmUp);
        }
        if (warmUp || round >= WARM_UP_ROUNDS + prefillRounds) {
          timer.decode(!warmUp);
        }
      }
      progress.accept(round + 1);
    }
  }

  private static <K> ImmutableMap<K, Latency> latencies(Map<K, Timer> timers) {
    ImmutableMap.Builder<K, Latency> latencies = ImmutableMap.builder();
    timers.forEach((spec, timer) -> latencies.put(spec, timer.latency()));
    return latencies.buildOrThrow();
  }

  /** The measurements of one part. */
  private record Timer(Probe probe, List<Long> prefills, List<Long> decodes)
      implements AutoCloseable {
    Timer(Probe probe) {
      this(probe, new ArrayList<>(), new ArrayList<>());
    }

    void prefill(boolean counted) {
      long start = System.nanoTime();
      probe.prefill();
      if (counted) {
        prefills.add(System.nanoTime() - start);
      }
    }

    void decode(boolean counted) {
      long start = System.nanoTime();
      probe.decode();
      if (counted) {
        decodes.add(System.nanoTime() - start);
      }
    }

    Latency latency() {
      return new Latency(
          Quantiles.median().compute(prefills),
          Quantiles.median().compute(decodes),
          spread(prefills),
          spread(decodes));
    }

    private static double spread(List<Long> nanos) {
      double first = Quantiles.quartiles().index(1).compute(nanos);
      double third = Quantiles.quartiles().index(3).compute(nanos);
      return (third - first) / 2;
    }

    @Override
    public void close() {
      probe.close();
    }
  }
}
