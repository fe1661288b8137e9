package org.nemotron.core.eval.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.common.collect.ImmutableList;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Programs are shell scripts here, which every machine runs. */
final class CodeRunnerTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private static CodeRunner runner(String... command) {
    return new CodeRunner(ImmutableList.copyOf(command), LIMIT, 2);
  }

  @Test
  void run_programs_haveTheirOutcomesInOrder() throws Exception {
    assertThat(runner("sh", "{file}").runAll(List.of("exit 1", "exit 0", "true")))
        .containsExactly(
            CodeRunner.Outcome.FAILED, CodeRunner.Outcome.PASSED, CodeRunner.Outcome.PASSED);
  }

  @Test
  void run_programWithoutEnd_isEnded() throws Exception {
    CodeRunner runner = new CodeRunner(ImmutableList.of("sh", "{file}"), Duration.ofMillis(200), 1);
    assertThat(runner.run("while :; do :; done")).isEqualTo(CodeRunner.Outcome.TIMED_OUT);
  }

  @Test
  void check_commandThatRunsPrograms_isAccepted() throws Exception {
    runner("sh", "{file}").check();
  }

  @Test
  void check_commandThatIsNotThere_isNamed() {
    assertThatIOException()
        .isThrownBy(() -> runner("no-such-command", "{file}").check())
        .withMessageStartingWith("the command (no-such-command {file}) cannot be started: ")
        .withMessageEndingWith("Maybe no-such-command is not installed, or not on the path.");
  }

  @Test
  void check_commandThatAlwaysFails_isRefused() {
    assertThatIOException()
        .isThrownBy(() -> runner("sh", "-c", "exit 7", "{file}").check())
        .withMessage(
            "the command (sh -c exit 7 {file}) fails with a program that does nothing.\n"
                + "Maybe try it by hand with an empty file.");
  }

  @Test
  void check_commandThatAlwaysPasses_isRefused() {
    assertThatIOException()
        .isThrownBy(() -> runner("sh", "-c", "true", "{file}").check())
        .withMessage(
            "the command (sh -c true {file}) ends with exit code 0 though its program fails"
                + " (assert False), so that every program would pass.\n"
                + "Maybe it has to end with the program's exit code.");
  }

  @Test
  void check_commandWithoutEnd_isRefused() {
    CodeRunner runner =
        new CodeRunner(
            ImmutableList.of("sh", "-c", "while :; do :; done", "{file}"),
            Duration.ofMillis(500),
            1);
    assertThatIOException()
        .isThrownBy(runner::check)
        .withMessageContaining("does not end within 0.5 s with a program that does nothing.");
  }

  @Test
  void codeRunner_commandWithoutFile_isRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> runner("python3"))
        .withMessage(
            "the command (python3) must contain {file}, which stands for the program to run.\n"
                + "Maybe append it: python3 {file}.");
  }
}
