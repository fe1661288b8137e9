package org.nemotron.core.eval.mtbench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.nemotron.core.io.LineLog;

/**
 * A file with a line of JSON for each answer of a judge, to which lines are only ever added: a run
 * that was ended goes on from it. A judgment is found by the judge and all that it was asked, so
 * that changed answers are judged anew, and another judge's are never taken.
 *
 * <p>Used by one thread at a time, which may change, and by one process at a time. Closing twice is
 * harmless; use after close is refused.
 */
public final class JudgmentLog implements AutoCloseable {
  private static final JsonMapper JSON = new JsonMapper();

  private final LineLog lines;
  private final Map<String, Judgment> held;

  /**
   * What a judge answered.
   *
   * @param text all of its answer
   * @param date on which it answered, such as 2026-11-26
   */
  record Judgment(String text, String date) {}

  private JudgmentLog(LineLog lines, Map<String, Judgment> held) {
    this.lines = lines;
    this.held = held;
  }

  /**
   * Opens {@code file}, which is made if it is missing, as are its directories.
   *
   * @throws IOException if it cannot be read or written, another process has it open, or a line
   *     that is not the last is damaged; the message names the line
   */
  public static JudgmentLog open(Path file) throws IOException {
    Map<String, Judgment> held = new HashMap<>();
    return new JudgmentLog(LineLog.open(file, "judgment", line -> isRead(line, held)), held);
  }

  private static boolean isRead(String line, Map<String, Judgment> held) {
    try {
      JsonNode json = JSON.readTree(line);
      boolean whole =
          List.of("key", "judgment", "date").stream().allMatch(name -> json.path(name).isTextual());
      if (whole) {
        held.put(
            json.path("key").asText(),
            new Judgment(json.path("judgment").asText(), json.path("date").asText()));
      }
      return whole;
    } catch (JsonProcessingException e) {
      return false;
    }
  }

  /** Returns the judgment with {@code key}, if there is one. */
  Optional<Judgment> find(String key) {
    lines.checkOpen();
    return Optional.ofNullable(held.get(key));
  }

  /** Adds a judgment; the other fields are for readers of the file. */
  void add(JudgeRequest request, String key, String judge, Judgment judgment) throws IOException {
    ObjectNode line =
        JSON.createObjectNode()
            .put("question_id", request.question())
            .put("turn", request.turn() + 1);
    request.models().forEach(line.putArray("models")::add);
    line.put("judge", judge)
        .put("verdict", request.verdictOf(judgment.text()))
        .put("judgment", judgment.text())
        .put("date", judgment.date())
        .put("key", key);
    lines.add(ImmutableList.of(line.toString()));
    held.put(key, judgment);
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
