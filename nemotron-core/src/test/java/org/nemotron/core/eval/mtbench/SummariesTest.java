package org.nemotron.core.eval.mtbench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import org.junit.jupiter.api.Test;
import org.nemotron.core.eval.mtbench.Verdicts.Choice;
import org.nemotron.core.eval.stats.Bootstrap;
import org.nemotron.core.eval.stats.Interval;
import org.nemotron.core.eval.stats.PairedItems;

final class SummariesTest {
  private static final Grades GRADES =
      grades(
          new Grades.Grade(1, "math", 0, 4),
          new Grades.Grade(1, "math", 1, 6),
          new Grades.Grade(2, "math", 0, 8),
          new Grades.Grade(2, "math", 1, 10),
          new Grades.Grade(3, "stem", 0, 9),
          new Grades.Grade(3, "stem", 1, Double.NaN));

  private static Grades grades(Grades.Grade... grades) {
    return new Grades("m", "judge", "2026-11-27", ImmutableList.copyOf(grades));
  }

  @Test
  void grades_category_hasMeanErrorAndTurns() {
    // Questions reach 5 and 9: a deviation of sqrt(8), an error of sqrt(8 / 2) = 2.
    assertThat(GradeSummary.of(GRADES).get(0))
        .isEqualTo(new GradeSummary("math", 2, 4, 0, 7, 2, 6, 8));
  }

  @Test
  void grades_withoutAGrade_areCountedAndInNoMean() {
    assertThat(GradeSummary.of(GRADES).get(1))
        .isEqualTo(new GradeSummary("stem", 1, 1, 1, 9, Double.NaN, 9, Double.NaN));
  }

  @Test
  void grades_all_areAtTheEnd() {
    GradeSummary all = GradeSummary.of(GRADES).get(2);
    assertThat(all.category()).isEqualTo("all");
    assertThat(all.mean()).isCloseTo(37.0 / 5, within(1e-12)); // a sum of five grades
    assertThat(all.grades()).isEqualTo(5);
    assertThat(all.ungraded()).isEqualTo(1);
  }

  @Test
  void with_child_pairsQuestionsThatBothHaveWhole() {
    Grades child =
        grades(
            new Grades.Grade(2, "math", 0, 5),
            new Grades.Grade(2, "math", 1, 5),
            new Grades.Grade(3, "stem", 0, 5),
            new Grades.Grade(3, "stem", 1, 5));
    PairedItems items = GRADES.with(child).orElseThrow();
    assertThat(items.parent().asList()).containsExactly(9.0);
    assertThat(items.child().asList()).containsExactly(5.0);
    assertThat(GRADES.with(grades(new Grades.Grade(3, "stem", 0, 5)))).isEmpty();
  }

  @Test
  void with_otherJudge_isRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> GRADES.with(new Grades("m", "another", "2026-11-27", ImmutableList.of())))
        .withMessage("grades of judge and of another must not be compared");
  }

  private static PairSummary all(Verdicts.Pair... pairs) {
    ImmutableList<PairSummary> summaries =
        PairSummary.of(
            new Verdicts("p", "c", "judge", "2026-11-27", ImmutableList.copyOf(pairs)),
            Bootstrap.USUAL);
    return summaries.get(summaries.size() - 1);
  }

  private static Verdicts.Pair pair(int question, Choice parentFirst, Choice childFirst) {
    return new Verdicts.Pair(question, "math", 0, parentFirst, childFirst);
  }

  @Test
  void pairs_outcomes_areCounted() {
    PairSummary all =
        all(
            pair(1, Choice.CHILD, Choice.CHILD),
            pair(2, Choice.PARENT, Choice.CHILD),
            pair(3, Choice.TIE, Choice.TIE),
            pair(4, Choice.PARENT, Choice.PARENT),
            pair(5, Choice.CHILD, Choice.CHILD),
            pair(6, Choice.NONE, Choice.CHILD));
    assertThat(all.wins()).isEqualTo(2);
    assertThat(all.ties()).isEqualTo(2);
    assertThat(all.losses()).isEqualTo(1);
    assertThat(all.contradictory()).isEqualTo(1);
    assertThat(all.undecided()).isEqualTo(1);
    assertThat(all.winRate().value()).isCloseTo(0.6, within(1e-12)); // 3 of 5
    assertThat(all.winRate().low()).isBetween(0.0, 0.6);
    assertThat(all.winRate().high()).isBetween(0.6, 1.0);
    assertThat(all.firstPlace()).isCloseTo(6.0 / 9, within(1e-12)); // of nine for a model
  }

  @Test
  void pairs_allWonOrNone_haveThatRate() {
    assertThat(all(pair(1, Choice.CHILD, Choice.CHILD)).winRate()).isEqualTo(new Interval(1, 1, 1));
    PairSummary none = all(pair(1, Choice.NONE, Choice.NONE));
    assertThat(none.winRate().value()).isNaN();
    assertThat(none.firstPlace()).isNaN();
  }
}
