package org.nemotron.nas.cost;

import static com.google.common.base.Verify.verify;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.stream.Stream;
import org.nemotron.core.backend.Backends;
import org.nemotron.core.inference.InferenceBackend;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.tensor.Cancellation;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.nas.library.SearchSpace;

/**
 * Measures what each alternative costs on this machine: prefill and decode of every sub-block, and
 * of the part outside the layers, by running the steps of {@link
 * org.nemotron.core.inference.InferenceModel} on all cores, which is what serving runs.
 *
 * <p>All parts take turns within a step, so that a disturbance of the machine meets all alike and
 * caches are as cold as in a whole model; a cost is the median over rounds. Weights are random, but
 * for the part outside the layers.
 */
public final class LatencyMeter {
  /** Changes when figures are no longer comparable with those of an earlier version. */
  public static final int METHOD = 4;

  private static final int WARM_UP_ROUNDS = 2;

  /** How long a part is run before it counts: the virtual machine compiles what runs often. */
  private static final long SETTLING_NANOS = 300_000_000;

  private final MeterSettings settings;

  /** Makes a meter that takes the median of {@code settings.prefillRounds()} and so on. */
  public LatencyMeter(MeterSettings settings) {
    this.settings = settings;
  }

  /** Returns how many rounds a measurement has, warm-up included. */
  public int rounds() {
    return WARM_UP_ROUNDS + settings.prefillRounds() + settings.decodeRounds();
  }

  /** A probe, and what was measured of its parts. */
  private record Measured(Probe probe, ImmutableList<Timings> parts) {
    static Measured of(Probe probe, int parts) {
      return new Measured(
          probe,
          Stream.generate(Timings::new).limit(parts).collect(ImmutableList.toImmutableList()));
    }

    void warmUp() {
      long[] context = probe.nanos(probe.steps().context());
      long[] decode = probe.nanos(probe.steps().decode());
      verify(context.length == decode.length, "a part is missing");
    }

    void settle() {
      long end = System.nanoTime() + SETTLING_NANOS;
      while (System.nanoTime() < end) {
        Cancellation.check();
        verify(probe.nanos(probe.steps().decode()).length == parts.size(), "a part is missing");
      }
    }

    void prefill() {
      long[] nanos = probe.nanos(probe.steps().prefill());
      for (int part = 0; part < parts.size(); part++) {
        parts.get(part).addPrefill(nanos[part]);
      }
    }

    void decode() {
      long[] nanos = probe.nanos(probe.steps().decode());
      for (int part = 0; part < parts.size(); part++) {
        parts.get(part).addDecode(nanos[part]);
      }
    }
  }

  /** Returns the costs in {@code scenario}; see the other {@code measure}. */
  public CostTable measure(HeterogeneousModel parent, SearchSpace space, Scenario scenario) {
    return measure(parent, space, scenario, round -> {});
  }

  /**
   * Returns the costs in {@code scenario}.
   *
   * @param parent on the device to be measured, the first where the scenario has several; gives
   *     shapes and the part outside the layers
   * @param space which alternatives there are; the parent's own parts are measured as well
   * @param progress told after each round how many are done
   * @throws IllegalArgumentException if there are fewer GPUs than the scenario has
   */
  public CostTable measure(
      HeterogeneousModel parent, SearchSpace space, Scenario scenario, LongConsumer progress) {
    ImmutableList<AttentionSpec> attentions = space.attentions(parent.spec()).asList();
    ImmutableList<FfnSpec> ffns = space.ffns(parent.spec()).asList();
    ImmutableList<BlockSpec> layers = layers(attentions, ffns);
    try (InferenceBackend device =
            Backends.of(parent.device(), CpuThreads.available(), scenario.tensorParallel());
        Probe layersProbe = new LayersProbe(parent.spec(), layers, scenario, device);
        Probe nonBlockProbe = new NonBlockProbe(parent, scenario, device)) {
      Measured ofLayers = Measured.of(layersProbe, layers.size());
      Measured ofNonBlock = Measured.of(nonBlockProbe, 1);
      run(ImmutableList.of(ofLayers, ofNonBlock), progress);
      return table(parent, attentions, ffns, scenario, ofLayers, ofNonBlock);
    }
  }

  /** Each sub-block beside one that does nothing; behind them a layer that does nothing at all. */
  private static ImmutableList<BlockSpec> layers(
      Iterable<AttentionSpec> attentions, Iterable<FfnSpec> ffns) {
    ImmutableList.Builder<BlockSpec> layers = ImmutableList.builder();
    attentions.forEach(spec -> layers.add(new BlockSpec(spec, new FfnSpec.NoOp())));
    ffns.forEach(spec -> layers.add(new BlockSpec(new AttentionSpec.NoOp(), spec)));
    return layers.add(BlockSpec.NO_OP).build();
  }

  private void run(List<Measured> probes, LongConsumer progress) {
    for (int round = 0; round < rounds(); round++) {
      Cancellation.check();
      if (round < WARM_UP_ROUNDS) {
        probes.forEach(Measured::warmUp);
        if (round == WARM_UP_ROUNDS - 1) {
          probes.forEach(Measured::settle);
        }
      } else if (round < WARM_UP_ROUNDS + settings.prefillRounds()) {
        probes.forEach(Measured::prefill);
      } else {
        probes.forEach(Measured::decode);
      }
      progress.accept(round + 1);
    }
  }

  private static CostTable table(
      HeterogeneousModel parent,
      ImmutableList<AttentionSpec> attentions,
      ImmutableList<FfnSpec> ffns,
      Scenario scenario,
      Measured layers,
      Measured nonBlock) {
    int part = 0;
    ImmutableMap.Builder<AttentionSpec, Latency> ofAttentions = ImmutableMap.builder();
    for (AttentionSpec spec : attentions) {
      ofAttentions.put(spec, layers.parts().get(part++).latency());
    }
    ImmutableMap.Builder<FfnSpec, Latency> ofFfns = ImmutableMap.builder();
    for (FfnSpec spec : ffns) {
      ofFfns.put(spec, layers.parts().get(part++).latency());
    }
    return new CostTable(
        scenario,
        MemoryFormat.SERVING.on(parent.device()),
        ofAttentions.buildOrThrow(),
        ofFfns.buildOrThrow(),
        nonBlock.parts().get(0).latency());
  }
}
