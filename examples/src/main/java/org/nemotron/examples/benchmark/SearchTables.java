package org.nemotron.examples.benchmark;

import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.nemotron.nas.search.Alternative;
import org.nemotron.nas.search.Budget;
import org.nemotron.nas.search.SearchProblem;

/** Search problems of the size of a 70-billion-parameter model, simulated: scores are random. */
public final class SearchTables {
  private static final double[] KV_HEADS = {8, 4, 4, 2, 2, 1, 1, 0, 0};
  private static final double[] ATTENTION_TIME = {1, 0.9, 0.83, 0.78, 0.7, 0.66, 0.6, 0.2, 0};
  private static final double[] FFN_WIDTH = {1, 0.75, 0.5, 0.25, 0.1, 0};
  private static final double KV_BYTES = 2.0 * 128 * 2 * 4096 * 64;

  private SearchTables() {}

  /**
   * Returns layers that choose one of nine attentions and one of six FFNs, whose costs are the same
   * in every layer, with memory, latency and parameters limited to six tenths of the parent's.
   */
  public static SearchProblem structured(int layers, long seed) {
    Random random = new Random(seed);
    SearchProblem.Builder builder = SearchProblem.builder();
    for (int layer = 0; layer < layers; layer++) {
      double attentionScore = 0.02 * Math.exp(0.8 * random.nextGaussian());
      double ffnScore = 0.03 * Math.exp(0.8 * random.nextGaussian());
      List<Alternative> candidates = new ArrayList<>();
      for (int attention = 0; attention < KV_HEADS.length; attention++) {
        for (int ffn = 0; ffn < FFN_WIDTH.length; ffn++) {
          double expected =
              attentionScore * Math.pow(attention / 8.0, 1.7)
                  + ffnScore * Math.pow(1 - FFN_WIDTH[ffn], 1.7);
          double score = expected * Math.exp(0.1 * random.nextGaussian());
          candidates.add(Alternative.of("a" + attention + "f" + ffn, score, costs(attention, ffn)));
        }
      }
      builder.layer(candidates);
    }
    ImmutableMap<String, Double> parent = costs(0, 0);
    parent.forEach((cost, value) -> builder.budget(Budget.atMost(cost, 0.6 * layers * value)));
    return builder.build();
  }

  private static ImmutableMap<String, Double> costs(int attention, int ffn) {
    double heads = KV_HEADS[attention];
    double attentionParameters = attention == 8 ? 0 : attention == 7 ? 67e6 : 134e6 + heads * 2.1e6;
    double parameters = attentionParameters + FFN_WIDTH[ffn] * 704e6;
    double ffnTime = FFN_WIDTH[ffn] * 210e3 + (ffn == 5 ? 0 : 15e3);
    return ImmutableMap.of(
        "memoryBytes", 2 * parameters + heads * KV_BYTES,
        "latencyNanos", ATTENTION_TIME[attention] * 90e3 + ffnTime,
        "parameters", parameters);
  }

  /** Returns layers whose scores and three costs are all random and unrelated. */
  public static SearchProblem unstructured(int layers, int candidates, double budget, long seed) {
    Random random = new Random(seed);
    SearchProblem.Builder builder = SearchProblem.builder();
    for (int layer = 0; layer < layers; layer++) {
      List<Alternative> choices = new ArrayList<>();
      for (int i = 0; i < candidates; i++) {
        choices.add(
            Alternative.of(
                "c" + i,
                random.nextDouble(),
                ImmutableMap.of(
                    "a", random.nextDouble(), "b", random.nextDouble(), "c", random.nextDouble())));
      }
      builder.layer(choices);
    }
    for (String cost : List.of("a", "b", "c")) {
      builder.budget(Budget.atMost(cost, budget * layers));
    }
    return builder.build();
  }
}
