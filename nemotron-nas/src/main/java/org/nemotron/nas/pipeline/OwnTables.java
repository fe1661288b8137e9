package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nemotron.core.provenance.Fingerprint;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.nas.cost.CostTable;
import org.nemotron.nas.cost.MemoryModel;
import org.nemotron.nas.cost.OwnCosts;
import org.nemotron.nas.library.SearchSpace;
import org.nemotron.nas.score.OwnScores;
import org.nemotron.nas.score.Score;
import org.nemotron.nas.score.ScoreTable;

/**
 * Scores and costs of the user's own, from the files that a plan names. They are added to the
 * tables of a run when these are read, so that a changed file measures nothing again. Immutable.
 *
 * @param scores by the names of their metrics
 * @param costs by their names
 * @param memory how the plan counts bytes
 */
record OwnTables(
    ImmutableMap<String, OfFile<OwnScores>> scores,
    ImmutableMap<String, OfFile<OwnCosts>> costs,
    MemoryModel memory) {
  private static final String SCORES = "own scores ";
  private static final String COSTS = "own costs ";

  /** A table, and the fingerprint of the file that held it. */
  record OfFile<T>(T table, Fingerprint fingerprint) {}

  /**
   * Reads the files.
   *
   * @throws IOException if one cannot be read or is malformed, two hold the same, or the plan names
   *     a metric or a cost that none holds; the message names it
   */
  static OwnTables read(CompressionPlan plan) throws IOException {
    Map<String, OfFile<OwnScores>> scores = new LinkedHashMap<>();
    for (Path file : plan.inputs().ownScores()) {
      OwnScores table = OwnFiles.scores(file);
      put(scores, SCORES, table.metric().name(), table, file);
    }
    Map<String, OfFile<OwnCosts>> costs = new LinkedHashMap<>();
    for (Path file : plan.inputs().ownCosts()) {
      OwnCosts table = OwnFiles.costs(file);
      put(costs, COSTS, table.name(), table, file);
    }
    OwnTables own =
        new OwnTables(
            ImmutableMap.copyOf(scores),
            ImmutableMap.copyOf(costs),
            plan.costs().memoryFormat().on(plan.execution().device()));
    own.checkNames(plan);
    return own;
  }

  private static <T> void put(
      Map<String, OfFile<T>> tables, String kind, String name, T table, Path file)
      throws IOException {
    if (tables.put(name, new OfFile<>(table, Fingerprint.ofFile(file))) != null) {
      throw new IOException(file + ": an earlier file has the " + kind + name + " too");
    }
  }

  private void checkNames(CompressionPlan plan) throws IOException {
    Score.Metric metric = plan.scoring().metric();
    if (!Score.Metric.MEASURED.contains(metric)
        && !plan.evaluation().measures(metric)
        && !scores.containsKey(metric.name())) {
      throw new IOException(
          String.format(
              "scoring.metric (%s) must be one of %s, %s where evaluation.tasks names some, or of"
                  + " those in inputs.ownScores: %s",
              metric, Score.Metric.MEASURED, EvaluationPlan.METRIC, scores.keySet()));
    }
    for (Target target : plan.targets()) {
      for (Limit limit : target.limits()) {
        if (!limit.cost().isEmpty() && !costs.containsKey(limit.cost())) {
          throw new IOException(
              String.format(
                  "target %s: quantity (%s) must be one of %s, or of those in inputs.ownCosts: %s",
                  target.name(), limit.cost(), Limit.Quantity.MEASURED, costs.keySet()));
        }
      }
    }
  }

  /**
   * Checks before any work that there is a score and a cost of all that {@code space} has.
   *
   * @throws IllegalArgumentException if one is missing, or one is of something else
   */
  void check(ModelSpec parent, SearchSpace space) {
    for (OfFile<OwnScores> own : scores.values()) {
      own.table().check(parent, ImmutableSet.copyOf(space.candidates(parent)));
    }
    for (OfFile<OwnCosts> own : costs.values()) {
      own.table().check(space.attentions(parent), space.ffns(parent));
    }
  }

  /** Returns {@code measured} with the own scores. */
  ScoreTable withOwn(ModelSpec parent, ScoreTable measured) {
    ScoreTable table = measured;
    for (OfFile<OwnScores> own : scores.values()) {
      table = table.with(parent, own.table());
    }
    return table;
  }

  /** Returns {@code measured} with the own costs, and memory counted as the plan says. */
  ImmutableList<CostTable> withOwn(List<CostTable> measured) {
    return measured.stream().map(this::withOwn).collect(ImmutableList.toImmutableList());
  }

  private CostTable withOwn(CostTable measured) {
    CostTable table = measured.withMemory(memory);
    for (OfFile<OwnCosts> own : costs.values()) {
      table = table.with(own.table());
    }
    return table;
  }

  /** Returns what the tables depend on, by name. */
  ImmutableMap<String, Fingerprint> fingerprints() {
    ImmutableMap.Builder<String, Fingerprint> all = ImmutableMap.builder();
    scores.forEach((name, own) -> all.put(SCORES + name, own.fingerprint()));
    costs.forEach((name, own) -> all.put(COSTS + name, own.fingerprint()));
    return all.buildOrThrow();
  }

  /** Returns where the tables come from, in words, by name. */
  ImmutableMap<String, String> provenance() {
    ImmutableMap.Builder<String, String> all = ImmutableMap.builder();
    scores.forEach((name, own) -> all.put(SCORES + name, own.table().provenance()));
    costs.forEach((name, own) -> all.put(COSTS + name, own.table().provenance()));
    return all.buildOrThrow();
  }
}
