package org.nemotron.core.eval.task;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSortedMap;
import java.io.IOException;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Grades answers of MT-Bench by a model behind an endpoint: each turn from 1 to 10. The
 * instructions are this library's own, so that figures compare with each other and not with
 * published ones.
 */
public final class MtBenchJudge {
  private static final Pattern GRADE = Pattern.compile("\\[\\[(10|[1-9])(\\.\\d+)?\\]\\]");

  private static final String INSTRUCTIONS =
      """
      You grade the last answer of a conversation between a user and an assistant. Consider whether
      it is correct, does what was asked, is complete and is clear. Length alone earns nothing. Where
      a correct answer is given, compare with it and find mistakes first. Explain briefly, then end
      with a grade from 1 (useless) to 10 (excellent) in double brackets, such as [[6]].\
      """;

  private final ChatEndpoint endpoint;

  /** Returns the judge behind {@code endpoint}. */
  public MtBenchJudge(ChatEndpoint endpoint) {
    this.endpoint = endpoint;
  }

  /**
   * Grades by one judge.
   *
   * @param judge its name and address
   * @param date on which it graded, such as 2026-11-26
   * @param mean the mean of all grades
   * @param categories the mean of each category
   * @param grades how many grades there are
   * @param ungraded how many answers the judge gave no grade in the form asked for; they are in no
   *     mean
   */
  public record Grades(
      String judge,
      String date,
      double mean,
      ImmutableSortedMap<String, Double> categories,
      int grades,
      int ungraded) {}

  /**
   * Returns the grades of a model's answers.
   *
   * @throws IOException if the endpoint cannot be reached, or no answer gets a grade
   * @throws InterruptedException if the thread is interrupted
   */
  public Grades grade(List<MtBench.Answered> answers) throws IOException, InterruptedException {
    Map<String, List<Double>> byCategory = new TreeMap<>();
    int ungraded = 0;
    for (MtBench.Answered answer : answers) {
      for (int turn = 0; turn < answer.turns().size(); turn++) {
        Matcher grade = GRADE.matcher(endpoint.answer(conversation(answer, turn)));
        double last = 0;
        while (grade.find()) {
          last = Double.parseDouble(grade.group().replaceAll("[\\[\\]]", ""));
        }
        if (last == 0) {
          ungraded++;
        } else {
          byCategory
              .computeIfAbsent(answer.question().category(), name -> new ArrayList<>())
              .add(last);
        }
      }
    }
    return grades(byCategory, ungraded);
  }

  private Grades grades(Map<String, List<Double>> byCategory, int ungraded) throws IOException {
    List<Double> all = byCategory.values().stream().flatMap(List::stream).toList();
    if (all.isEmpty()) {
      throw new IOException(
          endpoint
              + " gave no grade in double brackets.\n"
              + "Maybe the model does not follow instructions.");
    }
    ImmutableSortedMap.Builder<String, Double> means = ImmutableSortedMap.naturalOrder();
    byCategory.forEach((category, grades) -> means.put(category, mean(grades)));
    return new Grades(
        endpoint.toString(),
        LocalDate.now(ZoneOffset.UTC).toString(),
        mean(all),
        means.buildOrThrow(),
        all.size(),
        ungraded);
  }

  private static double mean(List<Double> grades) {
    return grades.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
  }

  private static ImmutableList<ChatTurn> conversation(MtBench.Answered answer, int turn) {
    StringBuilder text = new StringBuilder();
    for (ChatTurn message : MtBench.turns(answer.question(), answer.turns(), turn)) {
      text.append(message.role()).append(":\n").append(message.content()).append("\n\n");
    }
    text.append("assistant (grade this answer):\n").append(answer.turns().get(turn));
    if (turn < answer.question().references().size()) {
      text.append("\n\ncorrect answer:\n").append(answer.question().references().get(turn));
    }
    return ImmutableList.of(
        new ChatTurn("system", INSTRUCTIONS), new ChatTurn("user", text.toString()));
  }
}
