package org.nemotron.examples.evaluation;

import com.google.common.collect.ImmutableList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.nemotron.core.eval.mtbench.MtBenchQuestion;

/** Which questions of MT-Bench are asked. */
final class QuestionSelection {
  private QuestionSelection() {}

  /** Returns the first {@code limit} questions of each category, or all. */
  static ImmutableList<MtBenchQuestion> firstOfEach(
      List<MtBenchQuestion> questions, Optional<Integer> limit) {
    Map<String, Integer> counts = new HashMap<>();
    int most = limit.orElse(Integer.MAX_VALUE);
    return questions.stream()
        .filter(question -> counts.merge(question.category(), 1, Integer::sum) <= most)
        .collect(ImmutableList.toImmutableList());
  }
}
