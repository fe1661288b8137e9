package org.nemotron.nas.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.nas.pipeline.TinyRun.Events;

final class OutputDirectoryTest {
  @BeforeAll
  static void oneThreadPerOperation() {
    CpuThreads.perOperation(1);
  }

  private static String refused(Path plan) {
    return plan
        + " is not as a run wrote it, and a run in "
        + plan.getParent()
        + " would replace it by its own plan.\n"
        + "Maybe name another output, or keep that file under another name.";
  }

  /** What is no parent ends a run soon after its plan is written. */
  private static CompressionPlan brief(TinyRun tiny, long seed) {
    CompressionPlan plan = tiny.plan(0, TinyRun.SMALL);
    return plan.toBuilder()
        .execution(plan.execution().withSeed(seed))
        .build()
        .withParent(tiny.directory().resolve("none"));
  }

  private static void begin(CompressionPlan plan) {
    assertThatThrownBy(() -> new CompressionPipeline(plan).run())
        .hasMessageEndingWith("config.json is missing");
  }

  @Test
  void run_planOfTheUserInItsOutput_isRefusedAndStays(@TempDir Path directory) throws IOException {
    TinyRun tiny = TinyRun.in(directory);
    Path plan = Files.createDirectories(tiny.output()).resolve("plan.json");
    for (String text : new String[] {"mine", "{\"local\": {\"steps\": 3}}"}) {
      Files.writeString(plan, text);
      assertThatThrownBy(
              () -> new CompressionPipeline(tiny.plan(0, TinyRun.SMALL), new Events()).run())
          .isInstanceOf(IOException.class)
          .hasMessage(refused(plan));
      assertThat(plan).hasContent(text);
      assertThat(tiny.output()).isDirectoryContaining("glob:**/plan.json");
      assertThat(tiny.output().toFile().list()).hasSize(1);
    }
  }

  @Test
  void run_itsOwnPlan_isReplacedUnlessSomebodyChangedIt(@TempDir Path directory)
      throws IOException {
    TinyRun tiny = TinyRun.in(directory);
    Path plan = tiny.output().resolve("plan.json");
    begin(brief(tiny, 1));
    begin(brief(tiny, 2));
    assertThat(PlanFiles.read(plan)).isEqualTo(brief(tiny, 2));
    Files.writeString(plan, Files.readString(plan).replace("\"seed\" : 2", "\"seed\" : 3"));
    assertThat(PlanFiles.read(plan)).isEqualTo(brief(tiny, 3));
    assertThatThrownBy(() -> new CompressionPipeline(brief(tiny, 2)).run())
        .hasMessage(refused(plan));
  }

  @Test
  void check_planChangedBesideFinishedStages_isOfARun(@TempDir Path directory) throws IOException {
    Files.writeString(directory.resolve("plan.json"), "{\"local\": {\"steps\": 3}}");
    Path stages = Files.createDirectory(directory.resolve("stages"));
    assertThatThrownBy(() -> OutputDirectory.check(directory)).isInstanceOf(IOException.class);
    Files.writeString(stages.resolve("library.json"), "{}");
    assertThatCode(() -> OutputDirectory.check(directory)).doesNotThrowAnyException();
  }

  @Test
  void check_filesWhereARunNeedsDirectories_areNamed(@TempDir Path directory) throws IOException {
    Path report = Files.writeString(directory.resolve("report"), "a report of mine");
    for (Path file : new Path[] {report, directory}) {
      assertThatThrownBy(() -> OutputDirectory.check(file))
          .isInstanceOf(IOException.class)
          .hasMessage(
              report
                  + " is a file, where a run needs a directory.\n"
                  + "Maybe name another output, or move the file away.");
    }
  }
}
