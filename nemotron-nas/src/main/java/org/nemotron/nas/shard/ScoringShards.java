package org.nemotron.nas.shard;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;

/**
 * Scoring divided among ranks: by batches of sequences, and within a batch by passes. A unit is one
 * pass on one batch; units are numbered batch by batch, and each rank has consecutive ones of about
 * the same cost. A batch that ranks share has its prefix, the parent's own pass, computed by each.
 *
 * <p>A unit is computed as it is by one rank alone, so that its values are the same to the last bit
 * whoever computes it.
 *
 * @param passCosts what each pass costs on a batch, in any unit
 * @param prefixCost what the parent's own pass costs, in the same
 * @param batches how many batches there are
 * @param ranks how many ranks
 */
public record ScoringShards(
    ImmutableList<Long> passCosts, long prefixCost, int batches, int ranks) {
  /** Checks the ranges. */
  public ScoringShards {
    checkArgument(batches >= 0, "batches (%s) must not be negative", batches);
    checkArgument(ranks > 0, "ranks (%s) must be positive", ranks);
    checkArgument(prefixCost >= 0, "prefixCost (%s) must not be negative", prefixCost);
    for (long cost : passCosts) {
      checkArgument(cost > 0, "the cost of a pass (%s) must be positive", cost);
    }
  }

  /** Returns how many units there are. */
  public int units() {
    return Math.multiplyExact(batches, passCosts.size());
  }

  /** Returns the batch of a unit. */
  public int batch(int unit) {
    return unit / passCosts.size();
  }

  /** Returns the pass of a unit. */
  public int pass(int unit) {
    return unit % passCosts.size();
  }

  /** Returns the units of a rank: those whose middle lies in its share of the cost. */
  public Span units(int rank) {
    checkArgument(rank >= 0 && rank < ranks, "rank (%s) must be less than %s", rank, ranks);
    return new Span(firstUnit(rank), firstUnit(rank + 1));
  }

  private int firstUnit(int rank) {
    if (rank == ranks) {
      return units();
    }
    long ofBatch = ofBatch();
    long twice = 2 * ofBatch * batches * rank; // of the cost before the rank's share, times ranks
    int batch = ofBatch == 0 ? 0 : (int) Math.min(batches, twice / (2 * ofBatch * ranks));
    long before = ofBatch * batch;
    int unit = batch * passCosts.size();
    for (int pass = 0; unit < units() && pass < passCosts.size(); pass++) {
      if ((2 * before + passCosts.get(pass)) * ranks >= twice) {
        return unit;
      }
      before += passCosts.get(pass);
      unit++;
    }
    return unit;
  }

  private long ofBatch() {
    return passCosts.stream().mapToLong(Long::longValue).sum();
  }

  /** Returns the passes of a rank on a batch; none if the batch is not its. */
  public Span passes(int rank, int batch) {
    Span units = units(rank);
    int before = batch * passCosts.size();
    int first = Math.max(units.first() - before, 0);
    int end = Math.min(units.end() - before, passCosts.size());
    return first < end ? new Span(first, end) : new Span(0, 0);
  }

  /** Returns what a rank's units cost, the prefixes of its batches with them. */
  public long cost(int rank) {
    Span units = units(rank);
    if (units.size() == 0) {
      return 0;
    }
    long cost = 0;
    for (int batch = batch(units.first()); batch <= batch(units.end() - 1); batch++) {
      cost += prefixCost;
      Span passes = passes(rank, batch);
      for (int pass = passes.first(); pass < passes.end(); pass++) {
        cost += passCosts.get(pass);
      }
    }
    return cost;
  }

  /** Returns how many times as fast as one rank the slowest of these is. */
  public double speedup() {
    long slowest = 0;
    for (int rank = 0; rank < ranks; rank++) {
      slowest = Math.max(slowest, cost(rank));
    }
    long alone = batches * (prefixCost + ofBatch());
    return slowest == 0 ? 1 : (double) alone / slowest;
  }
}
