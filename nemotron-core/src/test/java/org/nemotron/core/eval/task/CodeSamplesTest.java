package org.nemotron.core.eval.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.eval.data.DataDirectory;

/** Programs are shell scripts here, which every machine runs. */
final class CodeSamplesTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private Path folder;

  @BeforeEach
  void nameFolder(@TempDir Path temporary) {
    folder = temporary;
  }

  @Test
  void program_humaneval_isProblemCompletionAndTests() throws IOException {
    assertThat(samples("humaneval", "true").program(0))
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
    assertThat(samples("humaneval_instruct", "true\n```\nDone").program(0))
        .isEqualTo("# say\ntrue\n\ntest 1 = 1\ncheck(f)");
  }

  @Test
  void write_samples_areJsonLines() throws IOException {
    Path file = folder.resolve("samples.jsonl");
    samples("humaneval", "echo \"x\"").write(file);
    assertThat(file)
        .hasContent("{\"task_id\":\"HumanEval/0\",\"completion\":\"echo \\\"x\\\"\"}\n");
  }

  @Test
  void run_programThatPassesAndOneThatFails_arePassAt1() throws Exception {
    CodeRunner runner =
        new CodeRunner(ImmutableList.of("sh", "-c", "sed -i /check/d {file}; sh {file}"), LIMIT);
    assertThat(samples("humaneval", "true").run(runner).quoted().value()).isEqualTo(1);
    assertThat(samples("humaneval", "exit 3").run(runner).quoted().value()).isZero();
  }

  @Test
  void passes_programWithoutEnd_isWrong() throws Exception {
    CodeRunner runner = new CodeRunner(ImmutableList.of("sh", "{file}"), Duration.ofMillis(200));
    assertThat(runner.passes("while :; do :; done")).isFalse();
  }

  @Test
  void codeRunner_commandWithoutFile_isRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new CodeRunner(ImmutableList.of("python3"), LIMIT))
        .withMessage(
            "the command (python3) must contain {file}, which stands for the program to run.\n"
                + "Maybe append it: python3 {file}.");
  }

  private void problems() throws IOException {
    Files.writeString(
        folder.resolve("HumanEval.jsonl"),
        "{\"task_id\": \"HumanEval/0\", \"prompt\": \"# say\\n\", \"test\": \"test 1 = 1\","
            + " \"entry_point\": \"f\"}\n");
  }

  private CodeSamples samples(String name, String written) throws IOException {
    problems();
    BenchmarkTask task = Tasks.find(name).orElseThrow();
    ImmutableList<TaskItem> items = task.items(DataDirectory.open(folder));
    TaskResult result =
        task.result(
            items,
            ImmutableList.of(task.score(items.get(0), OwnTasks.text(written))),
            new PromptFacts(BosPolicy.TOKENIZER, ImmutableIntArray.of(), 1, 1, 0, 0, 0));
    return new CodeSamples(items, result);
  }
}
