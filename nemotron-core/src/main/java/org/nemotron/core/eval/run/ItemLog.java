package org.nemotron.core.eval.run;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.nemotron.core.eval.task.ItemAnswer;
import org.nemotron.core.io.LineLog;

/**
 * A file with a line of JSON for each item that a model has answered: task, item, and the sum of
 * each request, or the text.
 *
 * <p>Lines are only ever added. A process that is killed leaves at most a last line that is not
 * whole, which is removed when the log is opened again; all else that is damaged is refused.
 *
 * <p>Used by one thread at a time, which may change, and by one process at a time. Closing twice is
 * harmless; use after close is refused.
 */
public final class ItemLog implements AnswerStore, AutoCloseable {
  private final LineLog lines;
  private final Map<String, ItemAnswer> answers;

  private ItemLog(LineLog lines, Map<String, ItemAnswer> answers) {
    this.lines = lines;
    this.answers = answers;
  }

  /**
   * Opens the log in {@code file}, which is made if it is missing, as are its directories.
   *
   * @throws IOException if it cannot be read or written, another process has it open, or a line
   *     that is not the last is damaged; the message names the line
   */
  public static ItemLog open(Path file) throws IOException {
    Map<String, ItemAnswer> answers = new HashMap<>();
    return new ItemLog(LineLog.open(file, "answer", line -> isRead(line, answers)), answers);
  }

  private static boolean isRead(String line, Map<String, ItemAnswer> answers) {
    Optional<Entry> entry = ItemLine.parse(line);
    entry.ifPresent(read -> answers.put(read.key(), read.answer()));
    return entry.isPresent();
  }

  /** Returns how many different items it holds. */
  public int size() {
    return answers.size();
  }

  @Override
  public Optional<ItemAnswer> find(String key) {
    lines.checkOpen();
    return Optional.ofNullable(answers.get(key));
  }

  @Override
  public void add(List<Entry> entries) throws IOException {
    lines.add(entries.stream().map(ItemLine::of).toList());
    entries.forEach(entry -> answers.put(entry.key(), entry.answer()));
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
