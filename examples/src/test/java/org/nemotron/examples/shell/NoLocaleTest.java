package org.nemotron.examples.shell;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Under LC_ALL=C, as in a container without LANG. */
final class NoLocaleTest {
  private static final Path HERE = Path.of("").toAbsolutePath();
  private static final Path MODEL = HERE.resolve("models/tale-7m");
  private static final String TEXT = "caf\u00E9 \u2013 \uD83D\uDE42";
  private static final String REFUSAL =
      " letters such as those of \"mod\u00E8le\" in this locale (ANSI_X3.4-1968).\n"
          + "Maybe set LC_ALL=C.UTF-8, in which Java opens every name.";

  private final Path scratch;

  NoLocaleTest(@TempDir Path scratch) {
    this.scratch = scratch;
  }

  private NemotronProcess run(Path directory, String locale, String... arguments)
      throws IOException, InterruptedException {
    return NemotronProcess.run(directory, scratch, locale, arguments);
  }

  @Test
  void generate_textBeyondAscii_isContinuedAsGiven() throws Exception {
    NemotronProcess run = run(HERE, "C", "generate", MODEL.toString(), TEXT, "--tokens", "2");
    assertThat(run.err()).isEmpty();
    assertThat(run.exitCode()).isZero();
    assertThat(run.out()).startsWith(TEXT);
  }

  @Test
  void generate_pathBeyondAscii_isReadUnderTheLocaleOfTheAdvice() throws Exception {
    NemotronProcess refused = run(scratch, "C", "generate", "mod\u00E8le", TEXT);
    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.err()).contains("Java cannot open names with" + REFUSAL);
    assertThat(refused.err()).doesNotContain("Usage").doesNotContain("Exception");

    NemotronProcess followed = run(scratch, "C.UTF-8", "generate", "mod\u00E8le", TEXT);
    assertThat(followed.err())
        .isEqualTo(
            "nemotron: mod\u00E8le is missing; a model is a Hugging Face directory or a GGUF"
                + " file.\n");
  }

  @Test
  void anyCommand_workingDirectoryBeyondAscii_isReadUnderTheLocaleOfTheAdvice() throws Exception {
    Path directory = Files.createDirectory(scratch.resolve("mod\u00E8le"));
    NemotronProcess refused = run(directory, "C", "generate", "nothing", TEXT);
    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.err())
        .startsWith("nemotron: the working directory (")
        .contains(
            ") is not there, or has letters that Java cannot open in this locale"
                + " (ANSI_X3.4-1968).\n"
                + "Maybe set LC_ALL=C.UTF-8, in which Java opens every name.");
    NemotronProcess followed = run(directory, "C.UTF-8", "generate", "nothing", TEXT);
    assertThat(followed.err()).startsWith("nemotron: nothing is missing;");
  }
}
