package org.nemotron.core.eval.mtbench;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableDoubleArray;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.nemotron.core.eval.stats.PairedItems;

/**
 * A judge's grades of a model's answers.
 *
 * @param model what the model is called
 * @param judge the judge's name and address
 * @param dates the day on which it graded, such as 2026-11-26, or the first and the last
 * @param grades one for each turn of each question
 */
public record Grades(String model, String judge, String dates, ImmutableList<Grade> grades) {
  /**
   * The grade of an answer.
   *
   * @param question number of the question
   * @param category such as math
   * @param turn counted from 0
   * @param value from 1 to 10; NaN where the judge gave none in the form asked for
   */
  public record Grade(int question, String category, int turn, double value) {
    /** Returns whether the judge gave one. */
    public boolean isGraded() {
      return !Double.isNaN(value);
    }
  }

  /** Returns the mean grade of each question of which all turns are graded, by its number. */
  Map<Integer, Double> byQuestion() {
    Map<Integer, Double> sums = new LinkedHashMap<>();
    Map<Integer, Integer> counts = new LinkedHashMap<>();
    for (Grade grade : grades) {
      sums.merge(grade.question(), grade.value(), Double::sum);
      counts.merge(grade.question(), 1, Integer::sum);
    }
    sums.replaceAll((question, sum) -> sum / counts.getOrDefault(question, 1));
    sums.values().removeIf(mean -> mean.isNaN());
    return sums;
  }

  /**
   * Returns the mean grades of the questions of which this model, the parent, and {@code child}
   * have all grades; nothing if there is no such question. Questions are the items, not turns: the
   * turns of a question hang together.
   *
   * @throws IllegalArgumentException if the judges differ
   */
  public Optional<PairedItems> with(Grades child) {
    if (!judge.equals(child.judge())) {
      throw new IllegalArgumentException(
          "grades of " + judge + " and of " + child.judge() + " must not be compared");
    }
    Map<Integer, Double> others = child.byQuestion();
    ImmutableDoubleArray.Builder ofParent = ImmutableDoubleArray.builder();
    ImmutableDoubleArray.Builder ofChild = ImmutableDoubleArray.builder();
    List<Map.Entry<Integer, Double>> shared =
        byQuestion().entrySet().stream().filter(one -> others.containsKey(one.getKey())).toList();
    shared.forEach(
        one -> {
          ofParent.add(one.getValue());
          ofChild.add(others.getOrDefault(one.getKey(), Double.NaN));
        });
    return shared.isEmpty()
        ? Optional.empty()
        : Optional.of(new PairedItems("mt_bench", ofParent.build(), ofChild.build(), 0));
  }
}
