package org.nemotron.core.eval.mtbench;

import com.google.common.collect.ImmutableList;
import java.util.Arrays;

/** Questions and answers of tests. */
final class MtBenchQuestions {
  static final MtBenchQuestion MATH =
      new MtBenchQuestion(
          7, "math", ImmutableList.of("1+1?", "And 2+2?"), ImmutableList.of("2", "4"));
  static final MtBenchQuestion STEM =
      new MtBenchQuestion(8, "stem", ImmutableList.of("Why?"), ImmutableList.of("Hm."));

  private MtBenchQuestions() {}

  /** Returns answers that a model finished. */
  static MtBenchAnswer answer(MtBenchQuestion question, String... texts) {
    return new MtBenchAnswer(
        question,
        Arrays.stream(texts)
            .map(text -> new MtBenchAnswer.Turn(text, false, 0))
            .collect(ImmutableList.toImmutableList()));
  }
}
