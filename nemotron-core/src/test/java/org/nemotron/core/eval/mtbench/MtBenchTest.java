package org.nemotron.core.eval.mtbench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nemotron.core.eval.data.DataDirectory;

final class MtBenchTest {
  private Path folder;

  @BeforeEach
  void name(@TempDir Path temporary) {
    folder = temporary;
  }

  private ImmutableList<MtBenchQuestion> questions(String lines) throws IOException {
    Files.writeString(folder.resolve("mt_bench_question.jsonl"), lines);
    return MtBench.questions(DataDirectory.open(folder));
  }

  @Test
  void questions_file_areRead() throws IOException {
    assertThat(
            questions(
                "{\"question_id\": 7, \"category\": \"math\", \"turns\": [\"1+1?\", \"And 2+2?\"],"
                    + " \"reference\": [\"2\", \"4\"]}\n"))
        .containsExactly(MtBenchQuestions.MATH);
  }

  @Test
  void questions_noFile_isNamed() {
    assertThatIOException()
        .isThrownBy(() -> MtBench.questions(DataDirectory.open(folder)))
        .withMessage(
            folder
                + " has no file for mt_bench (mt_bench_question, mt_bench/question, question).\n"
                + "Maybe get question.jsonl from FastChat's MT-Bench.");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"question_id\": 7, \"category\": \"poems\", \"turns\": [\"?\"]}"
            + "|question 7: category (poems) must be one of [writing, ",
        "{\"question_id\": 7, \"category\": \"math\", \"turns\": []}|question 7: it has no turns",
        "{\"question_id\": 7, \"category\": \"math\"}|question 7: it has no turns",
        "{\"question_id\": 7, \"category\": \"math\", \"turns\": \"?\"}"
            + "|question 7: turns must be a list of texts",
        "{\"question_id\": 7, \"category\": \"math\", \"turns\": [1]}"
            + "|question 7: turns must be a list of texts",
        "{\"category\": \"math\", \"turns\": [\"?\"]}"
            + "|record 1: question_id must be a whole number",
      })
  void questions_recordOfAnotherForm_isNamed(String line, String message) {
    assertThatIOException().isThrownBy(() -> questions(line)).withMessageContaining(message);
  }

  @Test
  void questions_sameNumberTwice_isRefused() {
    String line = "{\"question_id\": 7, \"category\": \"math\", \"turns\": [\"?\"]}\n";
    assertThatIOException()
        .isThrownBy(() -> questions(line + line))
        .withMessageContaining("question 7: its number is another question's too");
  }
}
