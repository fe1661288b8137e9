package org.nemotron.nas.cost;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.math.Quantiles;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.nn.GreedyGeneration;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/** Measures how fast whole models generate, by generating. */
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
    for (int round = -1; round < rounds; round++) {
      for (int index = 0; index < models.size(); index++) {
        double taken = run(models.get(index));
        if (round >= 0) {
          nanos.get(index).add(taken);
        }
      }
    }
    return nanos.stream()
        .map(taken -> scenario.tokensPerSecond(Quantiles.median().compute(taken)))
        .collect(ImmutableList.toImmutableList());
  }

  private double run(HeterogeneousModel model) {
    try (NativeScope scope = NativeScope.open()) {
      long[] prompts = new long[scenario.batch() * scenario.promptTokens()];
      for (int index = 0; index < prompts.length; index++) {
        prompts[index] = index % model.spec().vocabularySize();
      }
      Tensor promptsBT = Tensors.of(prompts, scenario.batch(), scenario.promptTokens());
      long start = System.nanoTime();
      long[][] generated = GreedyGeneration.generate(model, promptsBT, scenario.outputTokens());
      checkArgument(generated.length == scenario.batch(), "a sequence is missing");
      return System.nanoTime() - start;
    }
  }
}
