package org.nemotron.core.eval.mtbench;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Files of answers in FastChat's form, of this library or of another program. */
public final class AnswerFile {
  private static final int SHOWN = 10;

  private AnswerFile() {}

  /**
   * Returns a file's answers to {@code questions}, in their order. Answers to other questions are
   * left out; of a question's choices the first counts.
   *
   * @throws IOException if the file cannot be read, a line is damaged, a question has two lines or
   *     none, or an answer has fewer turns than its question; the message names it
   */
  public static ImmutableList<MtBenchAnswer> read(Path file, List<MtBenchQuestion> questions)
      throws IOException {
    Map<Integer, AnswerLine> lines = lines(file);
    List<String> missing =
        questions.stream()
            .filter(question -> !lines.containsKey(question.id()))
            .map(question -> String.valueOf(question.id()))
            .toList();
    if (!missing.isEmpty()) {
      throw new IOException(
          file
              + " has no answer to "
              + missing.size()
              + " of "
              + questions.size()
              + " questions: "
              + String.join(", ", missing.subList(0, Math.min(SHOWN, missing.size())))
              + (missing.size() > SHOWN ? ", …" : "")
              + ".\nMaybe it was not copied whole, or is of other questions.");
    }
    ImmutableList.Builder<MtBenchAnswer> answers = ImmutableList.builder();
    for (MtBenchQuestion question : questions) {
      answers.add(answer(file, question, lines.get(question.id())));
    }
    return answers.build();
  }

  private static MtBenchAnswer answer(
      Path file, MtBenchQuestion question, @Nullable AnswerLine line) throws IOException {
    try {
      return new MtBenchAnswer(question, line == null ? ImmutableList.of() : line.turns());
    } catch (IllegalArgumentException e) {
      throw new IOException(file + ": " + e.getMessage() + ".", e);
    }
  }

  private static Map<Integer, AnswerLine> lines(Path file) throws IOException {
    Map<Integer, AnswerLine> lines = new HashMap<>();
    int number = 0;
    for (String text : Files.readAllLines(file)) {
      number++;
      if (text.isBlank()) {
        continue;
      }
      AnswerLine line = line(file, number, text);
      if (lines.put(line.question(), line) != null) {
        throw new IOException(
            file
                + ", line "
                + number
                + ": question "
                + line.question()
                + " is answered a second time.\nMaybe several models' answers are in one file:"
                + " give each a file of its own.");
      }
    }
    return lines;
  }

  private static AnswerLine line(Path file, int number, String text) throws IOException {
    try {
      return AnswerLine.parse(text);
    } catch (IllegalArgumentException e) {
      throw new IOException(
          file
              + ", line "
              + number
              + ": "
              + e.getMessage()
              + ".\nMaybe it was not copied whole, or holds no answers in FastChat's form.",
          e);
    }
  }
}
