package org.nemotron.core.eval.mtbench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.nemotron.core.eval.mtbench.MtBenchQuestions.MATH;
import static org.nemotron.core.eval.mtbench.MtBenchQuestions.STEM;
import static org.nemotron.core.eval.mtbench.MtBenchQuestions.answer;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class AnswerFileTest {
  /** As FastChat writes it. */
  private static final String MATH_LINE =
      "{\"question_id\": 7, \"answer_id\": \"k3\", \"model_id\": \"m\", \"choices\": [{\"index\": 0,"
          + " \"turns\": [\"two\", \"four\"]}, {\"index\": 1, \"turns\": [\"2\", \"4\"]}],"
          + " \"tstamp\": 1686816400.5}\n";

  private static final String STEM_LINE =
      "{\"question_id\": 8, \"choices\": [{\"turns\": [\"so\"]}]}\n";

  private static final ImmutableList<MtBenchQuestion> BOTH = ImmutableList.of(STEM, MATH);

  private Path file;

  @BeforeEach
  void name(@TempDir Path folder) {
    file = folder.resolve("answers.jsonl");
  }

  private ImmutableList<MtBenchAnswer> read(String lines) throws IOException {
    Files.writeString(file, lines);
    return AnswerFile.read(file, BOTH);
  }

  @Test
  void read_fastChatsFile_hasFirstChoicesInTheQuestionsOrder() throws IOException {
    assertThat(read(MATH_LINE + "\n" + STEM_LINE))
        .containsExactly(answer(STEM, "so"), answer(MATH, "two", "four"));
  }

  @Test
  void read_truncatedLine_isNamed() {
    assertThatIOException()
        .isThrownBy(() -> read(STEM_LINE + MATH_LINE.substring(0, 90)))
        .withMessage(
            file
                + ", line 2: it is no whole JSON object.\n"
                + "Maybe it was not copied whole, or holds no answers in FastChat's form.");
  }

  @Test
  void read_otherForms_areNamed() {
    assertThatIOException()
        .isThrownBy(() -> read("{\"a\": 1}"))
        .withMessageContaining(", line 1: question_id is missing.");
    assertThatIOException()
        .isThrownBy(() -> read("{\"question_id\": 7, \"choices\": []}"))
        .withMessageContaining(", line 1: choices[0].turns is missing.");
    assertThatIOException()
        .isThrownBy(() -> read("{\"question_id\": 7, \"choices\": [{\"turns\": [null]}]}"))
        .withMessageContaining(", line 1: choices[0].turns[0] must be a text.");
  }

  @Test
  void read_missingAnswers_areCounted() {
    assertThatIOException()
        .isThrownBy(() -> read(STEM_LINE))
        .withMessage(
            file
                + " has no answer to 1 of 2 questions: 7.\n"
                + "Maybe it was not copied whole, or is of other questions.");
  }

  @Test
  void read_answerToTheFirstTurnAlone_isRefused() {
    assertThatIOException()
        .isThrownBy(
            () -> read(STEM_LINE + "{\"question_id\": 7, \"choices\": [{\"turns\": [\"two\"]}]}"))
        .withMessage(file + ": question 7 has 2 turns; there must be as many answers, not 1.");
  }

  @Test
  void read_twoModelsInAFile_areRefused() {
    assertThatIOException()
        .isThrownBy(() -> read(MATH_LINE + STEM_LINE + STEM_LINE))
        .withMessageContaining(", line 3: question 8 is answered a second time.");
  }
}
