package org.nemotron.core.eval.mtbench;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Lists;
import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.nemotron.core.eval.GeneratedText;
import org.nemotron.core.eval.GenerationRequest;
import org.nemotron.core.eval.LanguageModel;
import org.nemotron.core.eval.task.BosPolicy;
import org.nemotron.core.eval.task.ChatFormat;
import org.nemotron.core.eval.task.EncodedItem;
import org.nemotron.core.eval.task.ItemEncoder;
import org.nemotron.core.eval.task.PromptFacts;
import org.nemotron.core.tensor.Seed;

/**
 * Has a model answer the questions, at FastChat's temperature for each category: all turns of some
 * questions at a time, which are then in the log.
 */
public final class MtBenchAnswers {
  /** So many questions are lost at most when a run is ended. */
  private static final int TOGETHER = 16;

  private static final int KEY_DIGITS = 22;

  /** The most tokens of an answer in FastChat. */
  private static final int USUAL_TOKENS = 1024;

  private final LanguageModel model;
  private final ChatFormat format;
  private final Settings settings;

  /**
   * What answers depend on beside the questions and the chat template.
   *
   * @param fingerprint of the model, its device and its format
   * @param maxTokens the most tokens of an answer
   * @param seed of what is drawn where a category has a temperature
   */
  public record Settings(String fingerprint, int maxTokens, Seed seed) {}

  /** Is told how many questions are answered. */
  @FunctionalInterface
  public interface Progress {
    /** Is called when {@code done} of {@code all} questions are answered. */
    void answered(int done, int all);
  }

  /**
   * Makes ready.
   *
   * @param format the model's chat template
   * @throws IllegalArgumentException if answers of so many tokens leave no room for a prompt
   */
  public MtBenchAnswers(LanguageModel model, ChatFormat format, Settings settings) {
    checkArgument(
        settings.maxTokens() > 0 && settings.maxTokens() < model.maxLength(),
        "the tokens of an answer (%s) must be at least 1, and fewer than the model reads at once"
            + " (%s)",
        settings.maxTokens(),
        model.maxLength());
    this.model = model;
    this.format = format;
    this.settings = settings;
  }

  /** Returns FastChat's most tokens of an answer, but at most half of what {@code model} reads. */
  public static int usualTokens(LanguageModel model) {
    return Math.min(USUAL_TOKENS, model.maxLength() / 2);
  }

  /**
   * Returns the answers to all questions, of which those in {@code log} are not asked again.
   *
   * @throws IOException if the log cannot be written, or has an answer of another model or of other
   *     settings
   */
  public ImmutableList<MtBenchAnswer> to(
      List<MtBenchQuestion> questions, AnswerLog log, Progress progress) throws IOException {
    Map<Integer, MtBenchAnswer> answers = new LinkedHashMap<>();
    List<MtBenchQuestion> open = new ArrayList<>();
    for (MtBenchQuestion question : questions) {
      Optional<MtBenchAnswer> known = log.find(question, key(question));
      known.ifPresent(answer -> answers.put(question.id(), answer));
      if (known.isEmpty()) {
        open.add(question);
      }
    }
    for (List<MtBenchQuestion> some : Lists.partition(open, TOGETHER)) {
      Map<MtBenchAnswer, String> keys = new LinkedHashMap<>();
      answer(some).forEach(answer -> keys.put(answer, key(answer.question())));
      log.add(keys);
      keys.keySet().forEach(answer -> answers.put(answer.question().id(), answer));
      progress.answered(answers.size(), questions.size());
    }
    return questions.stream()
        .flatMap(question -> Optional.ofNullable(answers.get(question.id())).stream())
        .collect(ImmutableList.toImmutableList());
  }

  /** Returns what became of the conversations in front of answers, of which there must be one. */
  public PromptFacts facts(List<MtBenchAnswer> answers) {
    ImmutableList.Builder<EncodedItem> prompts = ImmutableList.builder();
    for (MtBenchAnswer answer : answers) {
      for (int turn = 0; turn < answer.turns().size(); turn++) {
        Asked asked = asked(0, answer.question(), answer.texts().subList(0, turn), turn);
        prompts.add(
            new EncodedItem(
                answer.question().item(),
                ImmutableList.of(),
                ImmutableList.of(asked.request()),
                asked.cut() > 0 ? 1 : 0,
                0,
                0));
      }
    }
    // Where a text begins, and by what token, is the chat template's alone to say.
    return PromptFacts.of(ItemEncoder.of(model, BosPolicy.NEVER), prompts.build());
  }

  /** What an answer depends on: the model, the settings, and the whole conversation's form. */
  private String key(MtBenchQuestion question) {
    int last = question.turns().size() - 1;
    List<String> unknown = question.turns().stream().map(turn -> "").toList();
    Hasher hasher = Hashing.sha256().newHasher();
    List.of(
            settings.fingerprint(),
            String.valueOf(settings.maxTokens()),
            String.valueOf(settings.seed().value()),
            String.valueOf(question.temperature()),
            format.render(question.conversation(unknown, last), false))
        .forEach(text -> hasher.putInt(text.length()).putString(text, StandardCharsets.UTF_8));
    return hasher.hash().toString().substring(0, KEY_DIGITS);
  }

  private ImmutableList<MtBenchAnswer> answer(List<MtBenchQuestion> questions) {
    List<List<MtBenchAnswer.Turn>> answers = new ArrayList<>();
    questions.forEach(question -> answers.add(new ArrayList<>()));
    int turns = questions.stream().mapToInt(question -> question.turns().size()).max().orElse(0);
    for (int turn = 0; turn < turns; turn++) {
      addTurn(turn, questions, answers);
    }
    ImmutableList.Builder<MtBenchAnswer> answered = ImmutableList.builder();
    for (int i = 0; i < questions.size(); i++) {
      answered.add(new MtBenchAnswer(questions.get(i), ImmutableList.copyOf(answers.get(i))));
    }
    return answered.build();
  }

  /**
   * A request, and how many tokens of its prompt were cut.
   *
   * @param of index of the question
   */
  private record Asked(int of, int cut, GenerationRequest request) {}

  private void addTurn(
      int turn, List<MtBenchQuestion> questions, List<List<MtBenchAnswer.Turn>> answers) {
    List<Asked> asked = new ArrayList<>();
    for (int i = 0; i < questions.size(); i++) {
      if (turn < questions.get(i).turns().size()) {
        List<String> texts = answers.get(i).stream().map(MtBenchAnswer.Turn::text).toList();
        asked.add(asked(i, questions.get(i), texts, turn));
      }
    }
    ImmutableList<GeneratedText> written =
        model.generate(asked.stream().map(Asked::request).toList());
    for (int k = 0; k < asked.size(); k++) {
      answers
          .get(asked.get(k).of())
          .add(
              new MtBenchAnswer.Turn(
                  written.get(k).text(),
                  written.get(k).ending() == GeneratedText.Ending.LENGTH,
                  asked.get(k).cut()));
    }
  }

  private Asked asked(int index, MtBenchQuestion question, List<String> answers, int turn) {
    ImmutableIntArray ids =
        model.tokenizer().encode(format.render(question.conversation(answers, turn), false));
    int cut = Math.max(0, ids.length() - (model.maxLength() - settings.maxTokens()));
    return new Asked(
        index,
        cut,
        new GenerationRequest(
            ids.subArray(cut, ids.length()).trimmed(),
            settings.maxTokens(),
            ImmutableList.of(),
            question.temperature(),
            settings.seed().numbered(question.id()).numbered(turn).value()));
  }
}
