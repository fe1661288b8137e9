package org.nemotron.core.eval.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.eval.Likelihood;
import org.nemotron.core.eval.data.DataDirectory;

final class MetricsTest {
  private Path folder;

  @BeforeEach
  void nameFolder(@TempDir Path temporary) {
    folder = temporary;
  }

  @Test
  void acc_greatestSum_isChosen() throws IOException {
    assertThat(value("acc", "[\"x\", \"y\"]", 1, -2, -1)).isEqualTo(1);
    assertThat(value("acc", "[\"x\", \"y\"]", 0, -2, -1)).isZero();
  }

  @Test
  void acc_tie_choosesTheFirst() throws IOException {
    assertThat(value("acc", "[\"x\", \"y\"]", 0, -1, -1)).isEqualTo(1);
  }

  /** Two characters outside the basic plane are two, not four: -4 / 2 beats -9 / 4. */
  @Test
  void accNorm_countsCodePoints() throws IOException {
    String choices = "[\"abcd\", \"\uD83D\uDE00\uD83D\uDE00\"]";
    assertThat(value("acc_norm", choices, 1, -9, -4)).isEqualTo(1);
    assertThat(value("acc_norm", choices, 0, -7, -4)).isEqualTo(1);
  }

  /** Each of the two has four bytes: -4 / 8 beats -3 / 4. */
  @Test
  void accBytes_countsBytes() throws IOException {
    assertThat(value("acc_bytes", "[\"abcd\", \"\uD83D\uDE00\uD83D\uDE00\"]", 1, -3, -4))
        .isEqualTo(1);
  }

  @Test
  void accMutualInfo_subtractsWhatIsLikelyAnyway() throws IOException {
    assertThat(value("acc_mutual_info", "[\"x\", \"y\"]", 1, -1, -2, -1, -4)).isEqualTo(1);
  }

  @Test
  void accMutualInfo_item_hasRequestsWithoutContext() throws IOException {
    BenchmarkTask task = own("acc_mutual_info", "[\"x\", \"y\"]", 1);
    Question.Choices question = (Question.Choices) OwnTasks.first(task, folder).question();
    assertThat(question.withoutContext())
        .containsExactly(new TextPair("", " x"), new TextPair("", " y"));
  }

  @Test
  void mc2_twoRightOfThree_isTheirShare() {
    Question.Choices question =
        new Question.Choices(
            ImmutableList.of(pair("a"), pair("b"), pair("c")),
            ImmutableList.of("a", "b", "c"),
            ImmutableIntArray.of(0, 1),
            ImmutableList.of());
    ItemAnswer answer = OwnTasks.scores(Math.log(0.1), Math.log(0.2), Math.log(0.1));
    BenchmarkTask task = Tasks.find("truthfulqa_mc2").orElseThrow();
    assertThat(task.score(new TaskItem(0, question), answer).value("mc2"))
        .isCloseTo(0.75, within(1e-12));
  }

  @Test
  void lambada_item_isRightWhereGreedy() {
    BenchmarkTask task = Tasks.find("lambada_openai").orElseThrow();
    TaskItem item =
        new TaskItem(
            0,
            new Question.Choices(
                ImmutableList.of(pair("a")),
                ImmutableList.of(" a"),
                ImmutableIntArray.of(0),
                ImmutableList.of()));
    ItemResult result =
        task.score(
            item, new ItemAnswer(ImmutableList.of(new Likelihood(-2.5, true)), ImmutableList.of()));
    assertThat(result.value("acc")).isEqualTo(1);
    assertThat(result.value("perplexity")).isEqualTo(-2.5);
    assertThat(result.chosen()).isEqualTo(-1);
  }

  @Test
  void gsm8k_answers_areFoundByBothFilters() {
    assertGsm8k("So 1+1=2.\n#### 1,018.", "1,018", 1, 1);
    assertGsm8k("#### 18 then 19", "18", 1, 0);
    assertGsm8k("it is $18.", "18", 0, 1);
    assertGsm8k("no number", "18", 0, 0);
    assertGsm8k("#### -3", "-3", 1, 1);
    assertGsm8k("#### 18 dollars, or 17", "First...\n#### 18", 1, 0);
  }

  private static void assertGsm8k(String written, String target, int strict, int flexible) {
    BenchmarkTask task = Tasks.find("gsm8k").orElseThrow();
    TaskItem item =
        new TaskItem(
            0, new Question.Generation("Q", 256, ImmutableList.of("Question:"), target, ""));
    ItemResult result = task.score(item, OwnTasks.text(written));
    assertThat(result.value("exact_match,strict-match")).as(written).isEqualTo(strict);
    assertThat(result.value("exact_match,flexible-extract")).as(written).isEqualTo(flexible);
  }

  @Test
  void gsm8kCot_answer_isFoundBehindItsSentence() {
    BenchmarkTask task = Tasks.find("gsm8k_cot").orElseThrow();
    TaskItem item =
        new TaskItem(0, new Question.Generation("Q", 256, ImmutableList.of(), "18", ""));
    ItemResult result = task.score(item, OwnTasks.text("6 + 12. The answer is 18. Also 4"));
    assertThat(result.value("exact_match,strict-match")).isEqualTo(1);
    assertThat(result.value("exact_match,flexible-extract")).isZero();
  }

  @Test
  void rougeL_words_areComparedInOrder() {
    assertThat(RougeL.score("The cat sat.", "the cat, it sat")).isCloseTo(6.0 / 7, within(1e-12));
    assertThat(RougeL.score("a b c", "c b a")).isCloseTo(1.0 / 3, within(1e-12));
    assertThat(RougeL.score("", "a")).isZero();
  }

  @Test
  void perplexity_byWordsAndBytes_dividesByTheOriginals() throws IOException {
    BenchmarkTask task =
        OwnTasks.write(
            folder,
            """
            {"name": "own", "version": "1", "asks": "document", "split": "test",
             "target": "{text}",
             "metrics": ["word_perplexity", "byte_perplexity", "bits_per_byte"],
             "data": {"files": {"test": ["own.jsonl"]}, "forms": [{"has": ["text"]}]}}
            """,
            "{\"text\": \"one two\"}",
            "{\"text\": \"three\"}");
    ImmutableList<TaskItem> items = task.items(DataDirectory.open(folder));
    TaskResult result =
        task.result(
            items,
            ImmutableList.of(
                task.score(items.get(0), OwnTasks.scores(-2, -3)),
                task.score(items.get(1), OwnTasks.scores(-4))),
            new PromptFacts(
                BosPolicy.TOKENIZER, ImmutableIntArray.of(), 3, 9, 0, 0, 0, ImmutableList.of()));
    assertThat(figure(result, "word_perplexity")).isCloseTo(Math.exp(3), within(1e-9));
    assertThat(figure(result, "byte_perplexity")).isCloseTo(Math.exp(0.75), within(1e-9));
    assertThat(figure(result, "bits_per_byte")).isCloseTo(0.75 / Math.log(2), within(1e-9));
  }

  @Test
  void score_tooFewAnswers_isRefused() throws IOException {
    BenchmarkTask task = own("acc", "[\"x\", \"y\"]", 0);
    TaskItem item = OwnTasks.first(task, folder);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> task.score(item, OwnTasks.scores(-1)))
        .withMessage("item 0 of own has 1 answers; it must have 2");
  }

  private static double figure(TaskResult result, String metric) {
    return Optional.ofNullable(result.metrics().get(metric)).orElseThrow().value();
  }

  private double value(String metric, String choices, int right, double... sums)
      throws IOException {
    BenchmarkTask task = own(metric, choices, right);
    return task.score(OwnTasks.first(task, folder), OwnTasks.scores(sums)).value(metric);
  }

  private BenchmarkTask own(String metric, String choices, int right) throws IOException {
    return OwnTasks.write(
        folder,
        OwnTasks.choices("[\"" + metric + "\"]"),
        "{\"q\": \"why\", \"c\": " + choices + ", \"a\": " + right + "}");
  }

  private static TextPair pair(String choice) {
    return new TextPair("Q", " " + choice);
  }
}
