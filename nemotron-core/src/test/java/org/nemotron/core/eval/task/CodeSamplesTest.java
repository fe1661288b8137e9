package org.nemotron.core.eval.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.eval.GeneratedText;
import org.nemotron.core.eval.data.DataDirectory;
import org.nemotron.core.tensor.Seed;

/** Programs are shell scripts here, which every machine runs. */
final class CodeSamplesTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final CodeRunner SHELL =
      new CodeRunner(ImmutableList.of("sh", "-c", "sed -i /check/d {file}; sh {file}"), LIMIT, 2);

  private Path folder;

  @BeforeEach
  void nameFolder(@TempDir Path temporary) {
    folder = temporary;
  }

  @Test
  void program_humaneval_isProblemCompletionAndTests() throws IOException {
    assertThat(samples("humaneval", "true").program(0, 0))
        .isEqualTo("# say\ntrue\ntest 1 = 1\ncheck(f)");
  }

  @Test
  void items_humanevalInstruct_beginTheAnswer() throws IOException {
    problems();
    BenchmarkTask task = Tasks.find("humaneval_instruct").orElseThrow();
    ChatFormat format = (turns, continuesLast) -> turns + " " + continuesLast;
    assertThat(prompt(task.withChat(format, false)))
        .isEqualTo(
            "[ChatTurn[role=user, content=Write a solution to the following problem and make sure"
                + " that it passes the tests:\n```python\n# say\n\n```\n], ChatTurn[role=assistant,"
                + " content=Here is the completed function:\n```python\n# say\n\n]] true");
  }

  private String prompt(BenchmarkTask task) throws IOException {
    return OwnTasks.first(task, folder).question().prompt();
  }

  @Test
  void program_textBehindTheBlock_isLeftOut() throws IOException {
    assertThat(samples("humaneval_instruct", "true\n```\nDone").program(0, 0))
        .isEqualTo("# say\ntrue\n\ntest 1 = 1\ncheck(f)");
  }

  @Test
  void write_samples_areJsonLinesWithTheProblemsNames() throws IOException {
    Path file = folder.resolve("samples.jsonl");
    samples("humaneval", "echo \"x\"", "true").write(file);
    assertThat(file)
        .hasContent(
            """
            {"task_id":"HumanEval/7","completion":"echo \\"x\\""}
            {"task_id":"HumanEval/7","completion":"true"}
            """);
  }

  @Test
  void run_programThatPassesAndOneThatFails_arePassAt1() throws Exception {
    assertThat(samples("humaneval", "true").run(SHELL, List.of(1)).quoted().value()).isEqualTo(1);
    assertThat(samples("humaneval", "exit 3").run(SHELL, List.of(1)).quoted().value()).isZero();
  }

  /** One of three passes: one in three of one, two in three of two. */
  @Test
  void run_severalSamples_areTheUnbiasedEstimates() throws Exception {
    TaskResult result =
        samples("humaneval", "exit 3", "true", "exit 1").run(SHELL, List.of(1, 2, 3));
    assertThat(result.metric()).isEqualTo("pass@1");
    assertThat(result.quoted().value()).isCloseTo(1 / 3.0, within(1e-12));
    assertThat(result.items().get(0).value("pass@2")).isCloseTo(2 / 3.0, within(1e-12));
    assertThat(result.items().get(0).value("pass@3")).isEqualTo(1);
    assertThat(result.metrics()).containsKey("cut_by_length");
  }

  @Test
  void run_moreThanThereAreSamples_isRefused() throws IOException {
    CodeSamples two = samples("humaneval", "true", "true");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> two.run(SHELL, List.of(3)))
        .withMessage("k (3) must be from 1 to the number of samples (2)");
  }

  @Test
  void run_programWithoutEnd_isWrongAndSaid() throws Exception {
    CodeRunner runner = new CodeRunner(SHELL.command(), Duration.ofMillis(200), 2);
    TaskResult result = samples("humaneval", "while :; do :; done").run(runner, List.of(1));
    assertThat(result.quoted().value()).isZero();
    assertThat(result.notes())
        .contains("1 of the 1 programs of humaneval did not end within 0.2 s, and count as wrong");
  }

  @Test
  void quoted_samples_areTheKsUpToThem() {
    assertThat(CodeSamples.quoted(1)).containsExactly(1);
    assertThat(CodeSamples.quoted(20)).containsExactly(1, 10);
    assertThat(CodeSamples.quoted(200)).containsExactly(1, 10, 100);
  }

  @Test
  void withSampling_otherTask_isRefused() {
    Sampling two = new Sampling(2, 0.2, new Seed(1));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Tasks.find("gsm8k").orElseThrow().withSampling(two))
        .withMessage("gsm8k must ask for programs, of which there may be samples");
    assertThat(Tasks.find("humaneval").orElseThrow().withSampling(two).settings())
        .isEqualTo("2 samples at temperature 0.2, seed 1");
    assertThat(new Sampling(2, 0.2, 0.95, new Seed(1)).words())
        .isEqualTo("2 samples at temperature 0.2, top-p 0.95, seed 1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Sampling(1, 0, 0.95, new Seed(1)))
        .withMessageStartingWith("top-p (0.95) needs a temperature above 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Sampling(2, 0, new Seed(1)))
        .withMessageStartingWith("samples (2) need a temperature above 0");
  }

  private void problems() throws IOException {
    Files.writeString(
        folder.resolve("HumanEval.jsonl"),
        "{\"task_id\": \"HumanEval/7\", \"prompt\": \"# say\\n\", \"test\": \"test 1 = 1\","
            + " \"entry_point\": \"f\"}\n");
  }

  private CodeSamples samples(String name, String... written) throws IOException {
    problems();
    BenchmarkTask task =
        Tasks.find(name).orElseThrow().withSampling(new Sampling(written.length, 0.5, new Seed(0)));
    ImmutableList<TaskItem> items = task.items(DataDirectory.open(folder));
    ItemAnswer answer =
        new ItemAnswer(
            ImmutableList.of(),
            Stream.of(written)
                .map(text -> new GeneratedText(text, 1, GeneratedText.Ending.STOP))
                .collect(ImmutableList.toImmutableList()));
    TaskResult result =
        task.result(
            items,
            ImmutableList.of(task.score(items.get(0), answer)),
            new PromptFacts(
                BosPolicy.TOKENIZER, ImmutableIntArray.of(), 1, 1, 0, 0, 0, ImmutableList.of()));
    return new CodeSamples(items, result);
  }
}
