package org.nemotron.nas.cost;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Verify.verify;

import com.google.common.collect.ImmutableList;
import com.google.common.math.Quantiles;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.nn.GreedyGeneration;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.SideBySide;
import org.nemotron.core.tensor.Tensors;

/**
 * Measures how fast whole models generate, by generating, the batch spread over the machine's
 * cores.
 */
public final class ThroughputMeter {
  private final Scenario scenario;
  private final int rounds;

  /** Makes a meter that takes the median of {@code rounds} runs of {@code scenario}. */
  public ThroughputMeter(Scenario scenario, int rounds) {
    checkArgument(rounds > 0, "rounds (%s) must be positive", rounds);
    this.scenario = scenario;
    this.rounds = rounds;
  }

  /**
   * Returns generated tokens per second of each model, in their order. The models take turns, so
   * that a disturbance of the machine meets all alike.
   */
  public ImmutableList<Double> measure(List<HeterogeneousModel> models) {
    List<List<Double>> nanos = new ArrayList<>();
    models.forEach(model -> nanos.add(new ArrayList<>()));
    Streams streams = Streams.of(scenario, models.get(0).device());
    try (SideBySide sideBySide = new SideBySide(streams.count())) {
      Scenario warmUp = new Scenario(1, 8, 8);
      models.forEach(
          model -> sideBySide.forEach(streams.scenarios(), share -> generate(model, warmUp)));
      for (int round = 0; round < rounds; round++) {
        for (int index = 0; index < models.size(); index++) {
          HeterogeneousModel model = models.get(index);
          long start = System.nanoTime();
          sideBySide.forEach(streams.scenarios(), share -> generate(model, share));
          nanos.get(index).add((double) (System.nanoTime() - start));
        }
      }
    }
    return nanos.stream()
        .map(taken -> scenario.tokensPerSecond(Quantiles.median().compute(taken)))
        .collect(ImmutableList.toImmutableList());
  }

  private static void generate(HeterogeneousModel model, Scenario share) {
    long[] prompts = new long[share.batch() * share.promptTokens()];
    for (int index = 0; index < prompts.length; index++) {
      prompts[index] = index % model.spec().vocabularySize();
    }
    Tensor promptsBT = Tensors.of(prompts, share.batch(), share.promptTokens());
    long[][] generated = GreedyGeneration.generate(model, promptsBT, share.outputTokens());
    verify(generated.length == share.batch(), "a sequence is missing");
  }
}
