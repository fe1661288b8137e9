package org.nemotron.core.eval.mtbench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.nemotron.core.eval.mtbench.MtBenchQuestions.MATH;
import static org.nemotron.core.eval.mtbench.MtBenchQuestions.STEM;
import static org.nemotron.core.eval.mtbench.MtBenchQuestions.answer;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.eval.mtbench.Verdicts.Choice;

final class MtBenchJudgeTest {
  private static final ImmutableList<MtBenchAnswer> PARENT =
      ImmutableList.of(answer(MATH, "two", "four"), answer(STEM, "so"));
  private static final ImmutableList<MtBenchAnswer> CHILD =
      ImmutableList.of(answer(MATH, "2", "5"), answer(STEM, "because"));

  private final List<String> progress = new ArrayList<>();
  private UnaryOperator<String> reply = text -> "Right. [[8]]";
  private JudgeServer server;
  private Path file;

  @BeforeEach
  void serve(@TempDir Path folder) throws IOException {
    server = new JudgeServer(text -> reply.apply(text));
    file = folder.resolve("judgments.jsonl");
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private Grades grade() throws IOException, InterruptedException {
    try (JudgmentLog log = JudgmentLog.open(file)) {
      return judge(log).grade("parent", PARENT);
    }
  }

  private Verdicts compare() throws IOException, InterruptedException {
    try (JudgmentLog log = JudgmentLog.open(file)) {
      return judge(log).compare("parent", PARENT, "child", CHILD);
    }
  }

  private MtBenchJudge judge(JudgmentLog log) {
    return new MtBenchJudge(
        server.endpoint(), log, 2, (done, all) -> progress.add(done + " of " + all));
  }

  @Test
  void grade_everyTurn_hasAGrade() throws Exception {
    Grades grades = grade();
    assertThat(grades.judge()).startsWith("grader at http").doesNotContain("secret");
    assertThat(grades.dates()).matches("\\d{4}-\\d\\d-\\d\\d");
    assertThat(grades.grades())
        .containsExactly(
            new Grades.Grade(7, "math", 0, 8),
            new Grades.Grade(7, "math", 1, 8),
            new Grades.Grade(8, "stem", 0, 8));
    assertThat(progress).containsExactly("1 of 3", "2 of 3", "3 of 3");
  }

  @Test
  void grade_prompt_hasTheConversationAndReferencesWhereFastChatHasThem() throws Exception {
    assertThat(grade().grades()).hasSize(3);
    assertThat(server.asked())
        .containsExactlyInAnyOrder(
            "user:\n1+1?\n\nassistant (grade this answer):\ntwo\n\ncorrect answer:\n2",
            "user:\n1+1?\n\nassistant:\ntwo\n\nuser:\nAnd 2+2?\n\n"
                + "assistant (grade this answer):\nfour\n\ncorrect answer:\n4",
            "user:\nWhy?\n\nassistant (grade this answer):\nso");
  }

  @Test
  void grade_lastInBrackets_counts() throws Exception {
    reply = text -> text.contains("Why") ? "[[3]] no, [[ 7.5 ]]." : "[[10]]";
    assertThat(grade().grades()).extracting(Grades.Grade::value).containsExactly(10.0, 10.0, 7.5);
  }

  @Test
  void grade_outsideOneToTenOrNone_isUngraded() throws Exception {
    reply = text -> text.contains("Why") ? "[[0]] [[11]] [[10.5]] [5] [[A]]" : "[[4]]";
    assertThat(grade().grades())
        .extracting(Grades.Grade::isGraded)
        .containsExactly(true, true, false);
  }

  @Test
  void grade_noGradeAtAll_isRefused() {
    reply = text -> "Nice";
    assertThatIOException()
        .isThrownBy(this::grade)
        .withMessageEndingWith(
            " gave no grade from 1 to 10 in double brackets.\n"
                + "Maybe the model does not follow instructions.");
  }

  @Test
  void grade_runThatWasEnded_asksTheRestAndWhatHadNoGrade() throws Exception {
    reply = text -> text.contains("Why") ? "Nice" : "[[4]]";
    assertThat(grade().grades()).hasSize(3);
    Files.writeString(file, "{\"question_id\": 8, \"tu", StandardOpenOption.APPEND);
    server.asked().clear();
    reply = text -> "[[9]]";
    assertThat(grade().grades()).extracting(Grades.Grade::value).containsExactly(4.0, 4.0, 9.0);
    assertThat(server.asked()).hasSize(1);
    server.asked().clear();
    assertThat(grade().grades()).extracting(Grades.Grade::value).containsExactly(4.0, 4.0, 9.0);
    assertThat(server.asked()).isEmpty();
  }

  @Test
  void grade_refusal_endsTheRunAndKeepsWhatWasJudged() throws Exception {
    reply = text -> text.contains("Why") ? "Nice" : "[[4]]";
    assertThat(grade().grades()).hasSize(3);
    server.refuse(401, "no key", "");
    assertThatIOException().isThrownBy(this::grade).withMessageContaining("answers 401: no key");
    server.asked().clear();
    assertThat(grade().grades()).extracting(Grades.Grade::value).startsWith(4.0, 4.0);
    assertThat(server.asked()).hasSize(1);
  }

  @Test
  void grade_damagedLog_isNamed() throws Exception {
    Files.writeString(file, "{\"question_id\": 8}\n{}\n");
    assertThatIOException().isThrownBy(this::grade).withMessageStartingWith(file + ", line 1 is");
  }

  @Test
  void compare_judgeThatReads_decidesInBothOrders() throws Exception {
    reply =
        text -> {
          String a = text.substring(0, text.indexOf("assistant B"));
          if (text.contains("Why")) {
            return "[[C]]";
          }
          return a.contains("\ntwo\n") ? "[[A]]" : "[[B]]";
        };
    Verdicts verdicts = compare();
    assertThat(verdicts.pairs())
        .extracting(Verdicts.Pair::outcome)
        .containsExactly(Choice.PARENT, Choice.PARENT, Choice.TIE);
    assertThat(verdicts.pairs()).noneMatch(Verdicts.Pair::isContradictory);
    assertThat(server.asked()).hasSize(6);
  }

  @Test
  void compare_judgeThatPrefersAPlace_givesTies() throws Exception {
    reply = text -> "[[A]]";
    Verdicts verdicts = compare();
    assertThat(verdicts.pairs())
        .containsExactly(
            new Verdicts.Pair(7, "math", 0, Choice.PARENT, Choice.CHILD),
            new Verdicts.Pair(7, "math", 1, Choice.PARENT, Choice.CHILD),
            new Verdicts.Pair(8, "stem", 0, Choice.PARENT, Choice.CHILD));
    assertThat(verdicts.pairs()).extracting(Verdicts.Pair::outcome).containsOnly(Choice.TIE);
    assertThat(verdicts.pairs()).allMatch(Verdicts.Pair::isContradictory);
  }

  @Test
  void compare_orderWithoutADecision_decidesNothing() throws Exception {
    reply = text -> text.indexOf("\nso\n") < text.indexOf("\nbecause\n") ? "Hm." : "[[B]]";
    assertThat(compare().pairs().get(2).outcome()).isEqualTo(Choice.NONE);
    assertThat(compare().pairs().get(2).isContradictory()).isFalse();
  }

  @Test
  void compare_otherQuestions_areRefused() throws Exception {
    try (JudgmentLog log = JudgmentLog.open(file)) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> judge(log).compare("p", PARENT, "c", CHILD.subList(0, 1)))
          .withMessage("p and c must have answered the same questions");
    }
  }
}
