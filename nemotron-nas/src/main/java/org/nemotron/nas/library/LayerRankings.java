package org.nemotron.nas.library;

import static com.google.common.base.Verify.verifyNotNull;

import com.google.common.base.Joiner;
import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.ImmutableIntArray;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.nemotron.core.distributed.Communicator;

/** The rankings of all layers, each found out by the rank that goes through its layer first. */
final class LayerRankings {
  private LayerRankings() {}

  /**
   * Returns the rankings of all layers, on all ranks.
   *
   * @param observers of the layers of this rank
   * @param origins of multi-layer replacements, by layer
   */
  static ImmutableList<LayerRanking> of(
      Communicator ranks,
      CandidateShards shards,
      Map<Integer, LayerObserver> observers,
      ImmutableList<ImmutableMap<Integer, Integer>> origins) {
    List<String> own = new ArrayList<>();
    observers.forEach(
        (layer, observer) -> {
          if (shards.owner(layer) == ranks.rank()) {
            own.add(line(layer, observer.ranking(ImmutableMap.of())));
          }
        });
    Map<Integer, LayerRanking> all = new HashMap<>();
    for (String lines : ranks.gathered("the rankings of calibration", Joiner.on('\n').join(own))) {
      for (String line : Splitter.on('\n').omitEmptyStrings().split(lines)) {
        List<String> parts = Splitter.on('\t').splitToList(line);
        int layer = Integer.parseInt(parts.get(0));
        all.put(
            layer,
            new LayerRanking(numbers(parts.get(1)), numbers(parts.get(2)), origins.get(layer)));
      }
    }
    ImmutableList.Builder<LayerRanking> rankings = ImmutableList.builder();
    for (int layer = 0; layer < origins.size(); layer++) {
      rankings.add(verifyNotNull(all.get(layer), "layer %s has no ranking", layer));
    }
    return rankings.build();
  }

  private static String line(int layer, LayerRanking ranking) {
    return layer + "\t" + text(ranking.channels()) + "\t" + text(ranking.kvHeads());
  }

  private static String text(ImmutableIntArray numbers) {
    return Joiner.on(' ').join(numbers.asList());
  }

  private static ImmutableIntArray numbers(String text) {
    ImmutableIntArray.Builder numbers = ImmutableIntArray.builder();
    for (String number : Splitter.on(' ').omitEmptyStrings().split(text)) {
      numbers.add(Integer.parseInt(number));
    }
    return numbers.build();
  }
}
