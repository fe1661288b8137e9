package org.nemotron.core.eval.mtbench;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.nemotron.core.io.LineLog;

/**
 * A file of a model's answers in FastChat's form, to which answers are added as they come: a run
 * that was ended goes on from it.
 *
 * <p>Used by one thread at a time, which may change, and by one process at a time. Closing twice is
 * harmless; use after close is refused.
 */
public final class AnswerLog implements AutoCloseable {
  private final Path file;
  private final String model;
  private final LineLog lines;
  private final Map<Integer, AnswerLine> held;

  private AnswerLog(Path file, String model, LineLog lines, Map<Integer, AnswerLine> held) {
    this.file = file;
    this.model = model;
    this.lines = lines;
    this.held = held;
  }

  /**
   * Opens {@code file}, which is made if it is missing, as are its directories.
   *
   * @param model what the model is called there
   * @throws IOException if it cannot be read or written, another process has it open, or a line
   *     that is not the last is damaged; the message names the line
   */
  public static AnswerLog open(Path file, String model) throws IOException {
    Map<Integer, AnswerLine> held = new HashMap<>();
    return new AnswerLog(
        file, model, LineLog.open(file, "answer", line -> isRead(line, held)), held);
  }

  private static boolean isRead(String text, Map<Integer, AnswerLine> held) {
    try {
      AnswerLine line = AnswerLine.parse(text);
      held.put(line.question(), line);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /**
   * Returns the answer to a question that is there already.
   *
   * @param key what the answer depends on
   * @throws IOException if the answer there depends on something else
   */
  Optional<MtBenchAnswer> find(MtBenchQuestion question, String key) throws IOException {
    lines.checkOpen();
    AnswerLine line = held.get(question.id());
    if (line == null) {
      return Optional.empty();
    }
    if (!line.key().equals(key)) {
      throw new IOException(
          file
              + ": the answer to question "
              + question.id()
              + " is of another model, or of other settings.\n"
              + "Maybe name another directory, or delete this file.");
    }
    return Optional.of(new MtBenchAnswer(question, line.turns()));
  }

  /** Adds answers, each with its key. */
  void add(Map<MtBenchAnswer, String> answers) throws IOException {
    List<AnswerLine> made =
        answers.entrySet().stream()
            .map(
                one ->
                    new AnswerLine(
                        one.getKey().question().id(), one.getValue(), model, one.getKey().turns()))
            .collect(ImmutableList.toImmutableList());
    lines.add(made.stream().map(AnswerLine::text).toList());
    made.forEach(line -> held.put(line.question(), line));
  }

  /**
   * Closes the file.
   *
   * @throws IOException if it cannot
   */
  @Override
  public void close() throws IOException {
    lines.close();
  }
}
