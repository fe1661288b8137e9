package org.nemotron.core.eval.mtbench;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

/**
 * The grades of a category, or of all.
 *
 * @param category its name; {@link #ALL} for all
 * @param questions how many have a grade
 * @param grades how many there are
 * @param ungraded how many answers the judge gave no grade; they are in no mean
 * @param mean the mean of all grades; NaN where there are none
 * @param standardError of the mean, with questions as the items, since the turns of one hang
 *     together; NaN of a single question
 * @param firstTurn the mean of first answers
 * @param laterTurns the mean of the others
 */
public record GradeSummary(
    String category,
    int questions,
    int grades,
    int ungraded,
    double mean,
    double standardError,
    double firstTurn,
    double laterTurns) {
  /** The name of the summary of all categories. */
  public static final String ALL = "all";

  /** Returns the summary of each category, by name, and that of all at the end. */
  public static ImmutableList<GradeSummary> of(Grades grades) {
    TreeMap<String, List<Grades.Grade>> categories =
        grades.grades().stream()
            .collect(
                Collectors.groupingBy(Grades.Grade::category, TreeMap::new, Collectors.toList()));
    return Stream.concat(
            categories.entrySet().stream().map(one -> of(one.getKey(), one.getValue())),
            Stream.of(of(ALL, grades.grades())))
        .collect(ImmutableList.toImmutableList());
  }

  private static GradeSummary of(String category, List<Grades.Grade> all) {
    List<Grades.Grade> graded = all.stream().filter(Grades.Grade::isGraded).toList();
    double[] questions =
        graded.stream()
            .collect(
                Collectors.groupingBy(
                    Grades.Grade::question, Collectors.averagingDouble(Grades.Grade::value)))
            .values()
            .stream()
            .mapToDouble(Double::doubleValue)
            .toArray();
    return new GradeSummary(
        category,
        questions.length,
        graded.size(),
        all.size() - graded.size(),
        mean(graded, grade -> true),
        standardError(questions),
        mean(graded, grade -> grade.turn() == 0),
        mean(graded, grade -> grade.turn() > 0));
  }

  private static double mean(List<Grades.Grade> graded, Predicate<Grades.Grade> which) {
    return graded.stream()
        .filter(which)
        .mapToDouble(Grades.Grade::value)
        .average()
        .orElse(Double.NaN);
  }

  private static double standardError(double[] values) {
    if (values.length < 2) {
      return Double.NaN;
    }
    double mean = DoubleStream.of(values).average().orElse(Double.NaN);
    double squares = DoubleStream.of(values).map(x -> (x - mean) * (x - mean)).sum();
    return Math.sqrt(squares / (values.length - 1) / values.length);
  }
}
