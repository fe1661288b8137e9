package org.nemotron.nas.search;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import org.nemotron.nas.search.SearchOutcome.Found;

/**
 * The outcome of a search for each of several batch sizes, whose costs differ.
 *
 * @param outcomes by batch size
 */
public record Batches(ImmutableMap<Integer, SearchOutcome> outcomes) {

  /**
   * A batch size and its best architecture.
   *
   * @param batch the batch size
   * @param solution the best architecture for it
   */
  public record Kept(int batch, Solution solution) {}

  /** Returns the batch size whose best architecture has the least score; empty when none fits. */
  public Optional<Kept> leastScore() {
    return least(kept -> kept.solution().score());
  }

  /**
   * Returns the batch size whose best architecture serves most sequences per unit of time; empty
   * when none fits.
   *
   * @param latencyCost the cost that is the time for one batch
   */
  public Optional<Kept> mostThroughput(String latencyCost) {
    return least(kept -> -throughput(kept, latencyCost));
  }

  /**
   * Returns the batch size whose best architecture serves most sequences per unit of time and per
   * unit of score; one of score 0 before all others, empty when none fits.
   *
   * @param latencyCost the cost that is the time for one batch
   */
  public Optional<Kept> mostThroughputPerScore(String latencyCost) {
    return least(kept -> kept.solution().score() / throughput(kept, latencyCost));
  }

  private static double throughput(Kept kept, String latencyCost) {
    Double latency = kept.solution().costs().get(latencyCost);
    checkArgument(
        latency != null,
        "cost %s must be one of the costs %s",
        latencyCost,
        kept.solution().costs().keySet());
    return kept.batch() / latency;
  }

  private Optional<Kept> least(ToDoubleFunction<Kept> measure) {
    ImmutableMap<Kept, Double> measured =
        outcomes.entrySet().stream()
            .flatMap(entry -> kept(entry).stream())
            .collect(ImmutableMap.toImmutableMap(kept -> kept, measure::applyAsDouble));
    return measured.entrySet().stream().min(Map.Entry.comparingByValue()).map(Map.Entry::getKey);
  }

  private static Optional<Kept> kept(Map.Entry<Integer, SearchOutcome> entry) {
    return entry.getValue() instanceof Found found
        ? Optional.of(new Kept(entry.getKey(), found.best()))
        : Optional.empty();
  }
}
