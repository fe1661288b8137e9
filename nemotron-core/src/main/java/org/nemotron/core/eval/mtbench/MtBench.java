package org.nemotron.core.eval.mtbench;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.nemotron.core.eval.data.DataDirectory;
import org.nemotron.core.eval.data.RecordLayout;

/** The questions of MT-Bench (Zheng et al., arXiv:2306.05685), as FastChat has them in its file. */
public final class MtBench {
  private static final ImmutableList<String> FILES =
      ImmutableList.of("mt_bench_question", "mt_bench/question", "question");

  /** FastChat's temperatures; 0 takes the likeliest token. */
  private static final ImmutableMap<String, Double> TEMPERATURES =
      ImmutableMap.<String, Double>builder()
          .put("writing", 0.7)
          .put("roleplay", 0.7)
          .put("extraction", 0.0)
          .put("math", 0.0)
          .put("coding", 0.0)
          .put("reasoning", 0.0)
          .put("stem", 0.1)
          .put("humanities", 0.1)
          .buildOrThrow();

  /** Where FastChat shows a judge the right answers. */
  private static final ImmutableSet<String> WITH_REFERENCES =
      ImmutableSet.of("math", "reasoning", "coding");

  private MtBench() {}

  /** Returns the names of the categories. */
  static ImmutableSet<String> categories() {
    return TEMPERATURES.keySet();
  }

  /** Returns the temperature at which questions of {@code category} are answered. */
  static double temperature(String category) {
    return TEMPERATURES.getOrDefault(category, 0.0);
  }

  /** Returns whether a judge of {@code category} is shown the right answers. */
  static boolean showsReferences(String category) {
    return WITH_REFERENCES.contains(category);
  }

  /**
   * Returns the questions, in the order of their file.
   *
   * @throws IOException if their file is missing or damaged, or has a number twice
   */
  public static ImmutableList<MtBenchQuestion> questions(DataDirectory data) throws IOException {
    String name =
        data.find(FILES)
            .orElseThrow(
                () ->
                    new IOException(
                        data.path()
                            + " has no file for mt_bench ("
                            + String.join(", ", FILES)
                            + ").\nMaybe get question.jsonl from FastChat's MT-Bench."));
    ImmutableList.Builder<MtBenchQuestion> questions = ImmutableList.builder();
    Set<Integer> ids = new HashSet<>();
    int number = 0;
    for (JsonNode record : data.records(name, RecordLayout.NAMED)) {
      number++;
      try {
        MtBenchQuestion question = question(record);
        if (!ids.add(question.id())) {
          throw new IllegalArgumentException("its number is another question's too");
        }
        questions.add(question);
      } catch (IllegalArgumentException e) {
        throw new IOException(
            data.path().resolve(name)
                + ": "
                + (record.has("question_id")
                    ? "question " + record.path("question_id").asText()
                    : "record " + number)
                + ": "
                + e.getMessage()
                + ".\nMaybe it is another file.",
            e);
      }
    }
    return questions.build();
  }

  /** Returns the first {@code most} questions of each category. */
  public static ImmutableList<MtBenchQuestion> firstOfEach(
      List<MtBenchQuestion> questions, int most) {
    Map<String, Integer> counts = new HashMap<>();
    return questions.stream()
        .filter(question -> counts.merge(question.category(), 1, Integer::sum) <= most)
        .collect(ImmutableList.toImmutableList());
  }

  private static MtBenchQuestion question(JsonNode record) {
    if (!record.path("question_id").isIntegralNumber()) {
      throw new IllegalArgumentException("question_id must be a whole number");
    }
    return new MtBenchQuestion(
        record.path("question_id").asInt(),
        record.path("category").asText(),
        texts(record.path("turns"), "turns"),
        texts(record.path("reference"), "reference"));
  }

  private static ImmutableList<String> texts(JsonNode list, String name) {
    ImmutableList.Builder<String> texts = ImmutableList.builder();
    if (!list.isMissingNode() && !list.isNull() && !list.isArray()) {
      throw new IllegalArgumentException(name + " must be a list of texts");
    }
    for (JsonNode text : list) {
      if (!text.isTextual()) {
        throw new IllegalArgumentException(name + " must be a list of texts");
      }
      texts.add(text.asText());
    }
    return texts.build();
  }
}
