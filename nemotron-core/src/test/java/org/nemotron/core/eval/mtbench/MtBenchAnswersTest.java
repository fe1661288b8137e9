package org.nemotron.core.eval.mtbench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.nemotron.core.eval.mtbench.MtBenchQuestions.MATH;
import static org.nemotron.core.eval.mtbench.MtBenchQuestions.STEM;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.eval.GeneratedText;
import org.nemotron.core.eval.GenerationRequest;
import org.nemotron.core.eval.LanguageModel;
import org.nemotron.core.eval.Likelihood;
import org.nemotron.core.eval.LikelihoodRequest;
import org.nemotron.core.eval.task.ChatFormat;
import org.nemotron.core.eval.task.FakeModel;
import org.nemotron.core.tensor.Seed;
import org.nemotron.core.text.Tokenizer;

final class MtBenchAnswersTest {
  private final List<GenerationRequest> requests = new ArrayList<>();
  private final List<String> prompts = new ArrayList<>();
  private final List<String> progress = new ArrayList<>();
  private Tokenizer tokenizer;
  private Path file;

  @BeforeEach
  void open(@TempDir Path folder) throws IOException {
    tokenizer = Tokenizer.open(Path.of("../examples/models/tale-7m"));
    file = folder.resolve("answers.jsonl");
  }

  @AfterEach
  void close() {
    tokenizer.close();
  }

  private ImmutableList<MtBenchAnswer> answers(
      String fingerprint, int maxLength, List<MtBenchQuestion> questions) throws IOException {
    ChatFormat format =
        (turns, continuesLast) ->
            String.join("|", turns.stream().map(turn -> turn.content()).toList());
    try (AnswerLog log = AnswerLog.open(file, "m")) {
      return new MtBenchAnswers(
              new Listening(new FakeModel(tokenizer, maxLength), requests),
              format,
              new MtBenchAnswers.Settings(fingerprint, 16, new Seed(1)))
          .to(questions, log, (done, all) -> progress.add(done + " of " + all));
    }
  }

  @Test
  void to_secondTurn_isAskedBehindTheFirstAnswer() throws IOException {
    ImmutableList<MtBenchAnswer> answers = answers("f", 1024, ImmutableList.of(MATH));
    requests.forEach(request -> prompts.add(tokenizer.decode(request.prompt())));
    assertThat(answers.get(0).turns()).hasSize(2);
    assertThat(prompts)
        .containsExactly("1+1?", "1+1?|" + answers.get(0).texts().get(0) + "|And 2+2?");
    assertThat(progress).containsExactly("1 of 1");
  }

  @Test
  void to_categories_haveFastChatsTemperaturesAndTheirOwnSeeds() throws IOException {
    List<String> categories =
        List.of("writing", "stem", "humanities", "math", "roleplay", "coding");
    List<MtBenchQuestion> questions = new ArrayList<>();
    for (String category : categories) {
      questions.add(
          new MtBenchQuestion(
              questions.size(), category, ImmutableList.of("?"), ImmutableList.of()));
    }
    assertThat(answers("f", 1024, questions)).hasSize(6);
    assertThat(requests)
        .extracting(GenerationRequest::temperature)
        .containsExactly(0.7, 0.1, 0.1, 0.0, 0.7, 0.0);
    assertThat(requests).extracting(GenerationRequest::seed).doesNotHaveDuplicates();
  }

  @Test
  void to_runThatWasKilled_goesOnFromItsFile() throws IOException {
    ImmutableList<MtBenchAnswer> first = answers("f", 1024, ImmutableList.of(MATH));
    Files.writeString(file, "{\"question_id\": 8, \"ans", StandardOpenOption.APPEND);
    requests.clear();
    ImmutableList<MtBenchAnswer> both = answers("f", 1024, ImmutableList.of(STEM, MATH));
    assertThat(requests).hasSize(1);
    assertThat(both.get(1)).isEqualTo(first.get(0));
    assertThat(AnswerFile.read(file, ImmutableList.of(STEM, MATH))).isEqualTo(both);
  }

  @Test
  void to_fileOfAnotherModel_isRefused() throws IOException {
    assertThat(answers("f", 1024, ImmutableList.of(MATH))).hasSize(1);
    assertThatIOException()
        .isThrownBy(() -> answers("g", 1024, ImmutableList.of(MATH)))
        .withMessage(
            file
                + ": the answer to question 7 is of another model, or of other settings.\n"
                + "Maybe name another directory, or delete this file.");
  }

  @Test
  void to_longConversation_countsWhatIsCut() throws IOException {
    MtBenchAnswer answer = answers("f", 20, ImmutableList.of(MATH)).get(0);
    int tokens = tokenizer.encode("1+1?|" + answer.texts().get(0) + "|And 2+2?").length();
    assertThat(answer.turns().get(1).promptCut()).isPositive().isEqualTo(tokens - 4);
    assertThat(requests.get(1).prompt().length()).isEqualTo(4);
  }

  @Test
  void to_answersAsLongAsTheModelReads_areRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> answers("f", 16, ImmutableList.of(MATH)))
        .withMessage(
            "the tokens of an answer (16) must be at least 1, and fewer than the model reads at"
                + " once (16)");
  }

  /** A model that notes what is asked of it. */
  private record Listening(LanguageModel model, List<GenerationRequest> heard)
      implements LanguageModel {
    @Override
    public Tokenizer tokenizer() {
      return model.tokenizer();
    }

    @Override
    public int maxLength() {
      return model.maxLength();
    }

    @Override
    public ImmutableList<Likelihood> logLikelihoods(List<LikelihoodRequest> requests) {
      return model.logLikelihoods(requests);
    }

    @Override
    public ImmutableList<GeneratedText> generate(List<GenerationRequest> requests) {
      heard.addAll(requests);
      return model.generate(requests);
    }
  }
}
