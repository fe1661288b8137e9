package org.nemotron.nas.cost;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.tensor.SideBySide;
import org.nemotron.nas.library.SearchSpace;

/**
 * Measures what each alternative costs on this machine: prefill and decode of every sub-block, and
 * of the part outside the layers, by running the code that generation runs, spread over the machine
 * as generation is.
 *
 * <p>All parts take turns within a round, so that a disturbance of the machine meets all alike and
 * caches are as cold as in a whole model; a cost is the median over rounds and streams.
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
    return WARM_UP_ROUNDS + prefillRounds + decodeRounds;
  }

  /**
   * Returns the costs in {@code scenario}.
   *
   * @param parent gives shapes, element type, device and the part outside the layers
   * @param space which alternatives there are; the parent's own parts are measured as well
   * @param progress told after each round how many are done, by one of the measuring threads
   */
  public CostTable measure(
      HeterogeneousModel parent, SearchSpace space, Scenario scenario, LongConsumer progress) {
    ImmutableSet<AttentionSpec> attentions = space.attentions(parent.spec());
    ImmutableSet<FfnSpec> ffns = space.ffns(parent.spec());
    Streams streams = Streams.of(scenario, parent.device());
    List<ImmutableList<PartTimer>> timers = new ArrayList<>();
    try (SideBySide sideBySide = new SideBySide(streams.count())) {
      for (Scenario share : streams.scenarios()) {
        timers.add(timers(parent, attentions, ffns, share));
      }
      List<Integer> indices = IntStream.range(0, timers.size()).boxed().toList();
      sideBySide.forEach(
          indices, stream -> run(timers.get(stream), stream == 0 ? progress : round -> {}));
      return table(parent, attentions, ffns, scenario, timers);
    } finally {
      timers.forEach(stream -> stream.forEach(PartTimer::close));
    }
  }

  /** The attentions, then the networks, then the part outside the layers. */
  private static ImmutableList<PartTimer> timers(
      HeterogeneousModel parent,
      Collection<AttentionSpec> attentions,
      Collection<FfnSpec> ffns,
      Scenario share) {
    ImmutableList.Builder<PartTimer> timers = ImmutableList.builder();
    attentions.forEach(spec -> timers.add(new PartTimer(SubBlockProbe.of(parent, spec, share))));
    ffns.forEach(spec -> timers.add(new PartTimer(SubBlockProbe.of(parent, spec, share))));
    return timers.add(new PartTimer(new NonBlockProbe(parent, share))).build();
  }

  private void run(List<PartTimer> timers, LongConsumer progress) {
    for (int round = 0; round < rounds(); round++) {
      if (round < WARM_UP_ROUNDS) {
        timers.forEach(PartTimer::warmUp);
      } else if (round < WARM_UP_ROUNDS + prefillRounds) {
        timers.forEach(PartTimer::prefill);
      } else {
        timers.forEach(PartTimer::decode);
      }
      progress.accept(round + 1);
    }
  }

  private static CostTable table(
      HeterogeneousModel parent,
      Collection<AttentionSpec> attentions,
      Collection<FfnSpec> ffns,
      Scenario scenario,
      List<ImmutableList<PartTimer>> timers) {
    int part = 0;
    ImmutableMap.Builder<AttentionSpec, Latency> ofAttentions = ImmutableMap.builder();
    for (AttentionSpec spec : attentions) {
      ofAttentions.put(spec, latency(timers, part++));
    }
    ImmutableMap.Builder<FfnSpec, Latency> ofFfns = ImmutableMap.builder();
    for (FfnSpec spec : ffns) {
      ofFfns.put(spec, latency(timers, part++));
    }
    return new CostTable(
        scenario,
        new MemoryModel(parent.dtype()),
        ofAttentions.buildOrThrow(),
        ofFfns.buildOrThrow(),
        latency(timers, part));
  }

  private static Latency latency(List<ImmutableList<PartTimer>> timers, int part) {
    return PartTimer.latency(timers.stream().map(stream -> stream.get(part)).toList());
  }
}
