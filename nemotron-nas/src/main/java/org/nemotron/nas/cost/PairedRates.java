package org.nemotron.nas.cost;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Generated tokens per second of models that took turns. Immutable.
 *
 * <p>What disturbs a machine for longer than a round disturbs all models of that round, and so
 * hardly touches the ratio of two of them.
 *
 * @param rounds of each round, the rate of each model, in the models' order
 */
public record PairedRates(ImmutableList<ImmutableList<Double>> rounds) {
  /** Checks that there is a round, and that all have as many positive rates. */
  public PairedRates {
    checkArgument(!rounds.isEmpty(), "rounds ([]) must hold at least one");
    int models = rounds.get(0).size();
    for (List<Double> round : rounds) {
      checkArgument(
          round.size() == models && round.stream().allMatch(rate -> rate > 0),
          "a round (%s) must have %s positive rates",
          round,
          models);
    }
  }

  /** Returns these with a further round. */
  PairedRates with(ImmutableList<Double> round) {
    return new PairedRates(
        ImmutableList.<ImmutableList<Double>>builder().addAll(rounds).add(round).build());
  }

  /** Returns the tokens per second of a model. */
  public MedianInterval tokensPerSecond(int model) {
    return MedianInterval.of(rounds.stream().map(round -> round.get(model)).toList());
  }

  /** Returns how many times as fast as another a model is, by round. */
  public MedianInterval ratio(int model, int to) {
    return MedianInterval.of(
        rounds.stream().map(round -> round.get(model) / round.get(to)).toList());
  }

  /** Returns whether the ratio of each model to the first is known within {@code share} of it. */
  public boolean ratiosWithin(double share) {
    return IntStream.range(1, rounds.get(0).size())
        .allMatch(model -> ratio(model, 0).precision() <= share);
  }
}
