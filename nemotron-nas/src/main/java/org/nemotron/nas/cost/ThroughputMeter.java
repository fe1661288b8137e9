package org.nemotron.nas.cost;

import static com.google.common.base.Verify.verify;

import com.google.common.collect.ImmutableList;
import com.google.common.math.Quantiles;
import com.google.common.primitives.ImmutableIntArray;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.nemotron.core.backend.Backends;
import org.nemotron.core.inference.GreedyDecoder;
import org.nemotron.core.inference.InferenceBackend;
import org.nemotron.core.inference.InferenceModel;
import org.nemotron.core.inference.InferenceSession;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.Cancellation;

/** Measures how fast whole models generate, by generating, on all cores. */
public final class ThroughputMeter {
  private static final int WARM_UP_TOKENS = 2;

  private final Scenario scenario;
  private final int rounds;

  /** Makes a meter that takes the median of as many runs of {@code scenario} as are wanted. */
  public ThroughputMeter(Scenario scenario, MeterSettings settings) {
    this.scenario = scenario;
    this.rounds = settings.generationRounds();
  }

  /**
   * Returns generated tokens per second of each model, in their order; all on one device. The
   * models take turns, so that a disturbance of the machine meets all alike; until all are done,
   * each is in memory as {@link InferenceBackend#bestFormat} has it.
   */
  public ImmutableList<Double> measure(List<HeterogeneousModel> models) {
    List<InferenceModel> ready = new ArrayList<>();
    try (InferenceBackend device = Backends.of(models.get(0).device())) {
      for (HeterogeneousModel model : models) {
        ready.add(device.prepare(model, device.bestFormat(), device.usualRows()));
      }
      return rates(ready);
    } finally {
      ready.forEach(InferenceModel::close);
    }
  }

  private ImmutableList<Double> rates(List<InferenceModel> models) {
    List<List<Double>> nanos = new ArrayList<>();
    models.forEach(model -> nanos.add(new ArrayList<>()));
    for (int round = 0; round < rounds; round++) {
      for (int index = 0; index < models.size(); index++) {
        Cancellation.check();
        nanos.get(index).add((double) nanos(models.get(index)));
      }
    }
    return nanos.stream()
        .map(taken -> scenario.tokensPerSecond(Quantiles.median().compute(taken)))
        .collect(ImmutableList.toImmutableList());
  }

  /** Memory is made, and the model warm, before the clock starts. */
  private long nanos(InferenceModel model) {
    ImmutableList<ImmutableIntArray> prompts = prompts(model.spec().vocabularySize());
    int pages = GreedyDecoder.pages(model, prompts, scenario.outputTokens());
    try (InferenceSession session = model.newSession(pages)) {
      generate(session, prompts, Math.min(WARM_UP_TOKENS, scenario.outputTokens()));
      long start = System.nanoTime();
      generate(session, prompts, scenario.outputTokens());
      return System.nanoTime() - start;
    }
  }

  private ImmutableList<ImmutableIntArray> prompts(int vocabulary) {
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

  private static void generate(
      InferenceSession session, ImmutableList<ImmutableIntArray> prompts, int tokens) {
    int generated = GreedyDecoder.generate(session, prompts, tokens).size();
    verify(generated == prompts.size(), "a sequence is missing");
  }
}
