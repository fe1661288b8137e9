package org.nemotron.nas.score;

import static com.google.common.base.Verify.verifyNotNull;

import com.google.common.collect.ImmutableMap;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.distributed.Communicator;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.core.text.EvaluationBatches;
import org.nemotron.nas.library.Candidate;
import org.nemotron.nas.shard.ScoringShards;
import org.nemotron.nas.shard.Span;

/**
 * What has been measured, by unit of work: for each candidate of a pass and each sequence of a
 * batch three numbers. Sums are made of all of them at the end, batch by batch, so that they do not
 * depend on who measured what. Safe for use by several threads.
 */
final class ScoreRows {
  private static final int NUMBERS = 3;

  private final ScoringShards shards;
  private final Communicator ranks;
  private final List<List<Candidate>> passes;
  private final EvaluationBatches data;
  private final float[][] units;

  /**
   * Begins with none.
   *
   * @param data the batches
   */
  ScoreRows(
      ScoringShards shards,
      Communicator ranks,
      List<List<Candidate>> passes,
      EvaluationBatches data) {
    this.shards = shards;
    this.ranks = ranks;
    this.passes = passes;
    this.data = data;
    this.units = new float[shards.units()][];
  }

  synchronized void put(int batch, int pass, float[] rows) {
    units[batch * passes.size() + pass] = rows;
  }

  /** Returns these with those of the other ranks. */
  ScoreRows exchanged() {
    if (ranks.size() == 1) {
      return this;
    }
    ranks.barrier("scores, before they are added up");
    int room = room();
    try (NativeScope scope = NativeScope.open()) {
      Tensor whole = Tensors.zeros(Device.CPU, DType.FLOAT32, (long) ranks.size() * room);
      ranks.allGather(whole, Tensors.of(packed(room), room));
      float[] all = Tensors.floats(whole);
      for (int rank = 0; rank < ranks.size(); rank++) {
        unpack(all, rank * room, shards.units(rank));
      }
    }
    return this;
  }

  private int length(int unit) {
    return NUMBERS * data.sequences(shards.batch(unit)) * passes.get(shards.pass(unit)).size();
  }

  /** Returns the most that a rank has: parts that are gathered are of one size. */
  private int room() {
    int most = 1;
    for (int rank = 0; rank < ranks.size(); rank++) {
      Span own = shards.units(rank);
      int length = 0;
      for (int unit = own.first(); unit < own.end(); unit++) {
        length += length(unit);
      }
      most = Math.max(most, length);
    }
    return most;
  }

  private float[] packed(int room) {
    float[] packed = new float[room];
    int at = 0;
    Span own = shards.units(ranks.rank());
    for (int unit = own.first(); unit < own.end(); unit++) {
      System.arraycopy(units[unit], 0, packed, at, length(unit));
      at += length(unit);
    }
    return packed;
  }

  private void unpack(float[] all, int from, Span own) {
    int at = from;
    for (int unit = own.first(); unit < own.end(); unit++) {
      units[unit] = Arrays.copyOfRange(all, at, at + length(unit));
      at += length(unit);
    }
  }

  /** Returns the scores, once all units are there. */
  ScoreTable table(Collection<? extends Candidate> candidates) {
    Map<Candidate, ScoreAccumulator> sums = new LinkedHashMap<>();
    candidates.forEach(candidate -> sums.put(candidate, new ScoreAccumulator()));
    for (int unit = 0; unit < units.length; unit++) {
      List<Candidate> pass = passes.get(shards.pass(unit));
      int sequences = data.sequences(shards.batch(unit));
      for (int row = 0; row < pass.size() * sequences; row++) {
        verifyNotNull(sums.get(pass.get(row / sequences)))
            .add(TokenMetrics.OfSequence.at(units[unit], row));
      }
    }
    ImmutableMap.Builder<Candidate, Score> scores = ImmutableMap.builder();
    ImmutableMap.Builder<Candidate, String> leftOut = ImmutableMap.builder();
    sums.forEach(
        (candidate, sum) ->
            sum.fault()
                .ifPresentOrElse(
                    fault -> leftOut.put(candidate, fault),
                    () -> scores.put(candidate, sum.score())));
    return new ScoreTable(scores.buildOrThrow(), leftOut.buildOrThrow());
  }
}
