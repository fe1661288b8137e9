package org.nemotron.core.eval;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.stream.IntStream;

/** Gathers the scores of sequences' targets, which come row by row, from several threads. */
final class TokenScores {
  private final List<ScoredTree> trees;
  private final ImmutableList<double[]> logProbabilities;
  private final ImmutableList<boolean[]> greedy;

  TokenScores(List<ScoredSequence> sequences, List<ScoredTree> trees) {
    this.trees = trees;
    this.logProbabilities =
        sequences.stream()
            .map(sequence -> new double[sequence.targets().length()])
            .collect(ImmutableList.toImmutableList());
    this.greedy =
        sequences.stream()
            .map(sequence -> new boolean[sequence.targets().length()])
            .collect(ImmutableList.toImmutableList());
  }

  /** Reads the logits of a wanted row; each target is written by one thread. */
  void read(int tree, int wanted, float[] logits) {
    ScoredTree part = trees.get(tree);
    LogitRow row = LogitRow.of(logits, part.positionOf(wanted));
    for (ScoredTree.Target target : part.targets().get(wanted)) {
      logProbabilities.get(target.sequence())[target.index()] =
          row.logProbability(logits[target.token()]);
      greedy.get(target.sequence())[target.index()] = row.likeliest() == target.token();
    }
  }

  /** Returns the sums, in the order of the sequences. */
  ImmutableList<Likelihood> likelihoods() {
    return IntStream.range(0, logProbabilities.size())
        .mapToObj(this::likelihood)
        .collect(ImmutableList.toImmutableList());
  }

  private Likelihood likelihood(int sequence) {
    double sum = 0;
    boolean all = true;
    for (int index = 0; index < greedy.get(sequence).length; index++) {
      sum += logProbabilities.get(sequence)[index];
      all &= greedy.get(sequence)[index];
    }
    return new Likelihood(sum, all);
  }
}
