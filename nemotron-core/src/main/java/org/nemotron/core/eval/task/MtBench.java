package org.nemotron.core.eval.task;

import static com.google.common.base.Preconditions.checkArgument;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.nemotron.core.eval.GeneratedText;
import org.nemotron.core.eval.GenerationRequest;
import org.nemotron.core.eval.LanguageModel;
import org.nemotron.core.eval.data.DataDirectory;
import org.nemotron.core.eval.data.RecordLayout;
import org.nemotron.core.io.AtomicFiles;
import org.nemotron.core.tensor.Seed;

/**
 * MT-Bench: 80 questions of two turns (Zheng et al., arXiv:2306.05685). A model answers both turns,
 * at FastChat's temperature for the category; another model grades.
 */
public final class MtBench {
  private static final ImmutableList<String> FILES =
      ImmutableList.of("mt_bench_question", "mt_bench/question", "question");

  /** FastChat's; 0 takes the likeliest token. */
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

  private MtBench() {}

  /**
   * A question.
   *
   * @param id its number in the data
   * @param category such as math
   * @param turns what is asked, one after the other
   * @param references right answers to the turns; empty where there are none
   */
  public record Question(
      int id, String category, ImmutableList<String> turns, ImmutableList<String> references) {
    /** Checks that there is a turn, and that the category is one of MT-Bench's. */
    public Question {
      checkArgument(!turns.isEmpty(), "it has no turns");
      checkArgument(
          TEMPERATURES.containsKey(category),
          "category (%s) must be one of %s",
          category,
          TEMPERATURES.keySet());
    }

    /** Returns the temperature at which it is answered. */
    double temperature() {
      return TEMPERATURES.getOrDefault(category, 0.0);
    }
  }

  /**
   * A question with a model's answers.
   *
   * @param question the question
   * @param turns what the model answered to each turn
   */
  public record Answered(Question question, ImmutableList<String> turns) {}

  /**
   * Returns the questions.
   *
   * @throws IOException if their file is missing or damaged
   */
  public static ImmutableList<Question> questions(DataDirectory data) throws IOException {
    String name =
        data.find(FILES)
            .orElseThrow(
                () ->
                    new IOException(
                        data.path()
                            + " has no file for mt_bench ("
                            + String.join(", ", FILES)
                            + ").\nMaybe get question.jsonl from FastChat's MT-Bench."));
    ImmutableList.Builder<Question> questions = ImmutableList.builder();
    for (JsonNode record : data.records(name, RecordLayout.NAMED)) {
      try {
        questions.add(question(record));
      } catch (IllegalArgumentException e) {
        throw new IOException(
            data.path().resolve(name)
                + ": question "
                + record.path("question_id").asInt()
                + ": "
                + e.getMessage()
                + ".\nMaybe it is another file.",
            e);
      }
    }
    return questions.build();
  }

  private static Question question(JsonNode record) {
    return new Question(
        record.path("question_id").asInt(),
        record.path("category").asText(),
        texts(record.path("turns")),
        texts(record.path("reference")));
  }

  private static ImmutableList<String> texts(JsonNode list) {
    ImmutableList.Builder<String> texts = ImmutableList.builder();
    list.forEach(text -> texts.add(text.asText()));
    return texts.build();
  }

  /**
   * Returns a model's answers.
   *
   * @param format the model's chat template
   * @param maxTokens the most tokens of an answer
   * @param seed of what is drawn where a category has a temperature
   */
  public static ImmutableList<Answered> answers(
      List<Question> questions, LanguageModel model, ChatFormat format, int maxTokens, Seed seed) {
    checkArgument(
        maxTokens < model.maxLength(),
        "maxTokens (%s) must be fewer than the model reads (%s)",
        maxTokens,
        model.maxLength());
    List<List<String>> answers = new ArrayList<>();
    questions.forEach(question -> answers.add(new ArrayList<>()));
    int turns = questions.stream().mapToInt(question -> question.turns().size()).max().orElse(0);
    for (int turn = 0; turn < turns; turn++) {
      addTurn(turn, questions, answers, new Asking(model, format, maxTokens, seed));
    }
    ImmutableList.Builder<Answered> answered = ImmutableList.builder();
    for (int i = 0; i < questions.size(); i++) {
      answered.add(new Answered(questions.get(i), ImmutableList.copyOf(answers.get(i))));
    }
    return answered.build();
  }

  private record Asking(LanguageModel model, ChatFormat format, int maxTokens, Seed seed) {
    GenerationRequest request(Question question, int turn, String prompt) {
      ImmutableIntArray ids = model.tokenizer().encode(prompt);
      int over = Math.max(0, ids.length() - (model.maxLength() - maxTokens));
      return new GenerationRequest(
          ids.subArray(over, ids.length()).trimmed(),
          maxTokens,
          ImmutableList.of(),
          question.temperature(),
          seed.numbered(question.id()).numbered(turn).value());
    }
  }

  private static void addTurn(
      int turn, List<Question> questions, List<List<String>> answers, Asking asking) {
    List<Integer> asked = new ArrayList<>();
    List<GenerationRequest> requests = new ArrayList<>();
    for (int i = 0; i < questions.size(); i++) {
      if (turn < questions.get(i).turns().size()) {
        asked.add(i);
        requests.add(
            asking.request(
                questions.get(i),
                turn,
                asking.format().render(turns(questions.get(i), answers.get(i), turn), false)));
      }
    }
    ImmutableList<GeneratedText> texts = asking.model().generate(requests);
    for (int k = 0; k < asked.size(); k++) {
      answers.get(asked.get(k)).add(texts.get(k).text());
    }
  }

  /** Returns the conversation up to the question of a turn. */
  static ImmutableList<ChatTurn> turns(Question question, List<String> answers, int turn) {
    ImmutableList.Builder<ChatTurn> turns = ImmutableList.builder();
    for (int i = 0; i <= turn; i++) {
      turns.add(new ChatTurn("user", question.turns().get(i)));
      if (i < turn) {
        turns.add(new ChatTurn("assistant", answers.get(i)));
      }
    }
    return turns.build();
  }

  /**
   * Writes answers as FastChat's JSON lines.
   *
   * @param modelId what the model is called there
   * @throws IOException if the file cannot be written
   */
  public static void write(Path file, String modelId, List<Answered> answers) throws IOException {
    StringBuilder lines = new StringBuilder();
    for (Answered answer : answers) {
      ObjectNode line =
          JsonNodeFactory.instance
              .objectNode()
              .put("question_id", answer.question().id())
              .put("answer_id", modelId + "-" + answer.question().id())
              .put("model_id", modelId);
      ArrayNode turns = line.putArray("choices").addObject().put("index", 0).putArray("turns");
      answer.turns().forEach(turns::add);
      lines.append(line).append('\n');
    }
    byte[] bytes = lines.toString().getBytes(StandardCharsets.UTF_8);
    AtomicFiles.write(file, channel -> Channels.newOutputStream(channel).write(bytes));
  }
}
