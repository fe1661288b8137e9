package org.nemotron.examples.crash;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.nas.pipeline.NoArchitectureException;

/** Every kind of file of a finished run is damaged, is named by the next run, and made again. */
final class CorruptedFilesTest {
  /**
   * One row per run: files of different stages, which are looked at apart. A stage whose files are
   * all made again names the first only.
   */
  private static final ImmutableList<ImmutableList<String>> FILES =
      ImmutableList.of(
          ImmutableList.of(
              "library/manifest.json",
              "scores.json",
              "library-coupled/manifest.json",
              "scores-coupled.json",
              "child/model.safetensors",
              "child-tiny/config.json",
              "report/summary.json"),
          ImmutableList.of(
              "library/trainings.json",
              "library-coupled/trainings.json",
              "child/config.json",
              "child-tiny-distillation.json",
              "report/index.html"),
          ImmutableList.of(
              "library/layer-000.ffn.w24.safetensors",
              "stages/scores.json",
              "child/tokenizer.json",
              "child-tiny/generation_config.json",
              "solutions.json"),
          ImmutableList.of("stages/library.json", "child-distillation.json", "child/README.md"),
          ImmutableList.of("stages/child-tiny.json", "plan.json"),
          ImmutableList.of("stages/results.json"));

  private enum Damage {
    FLIPPED,
    TRUNCATED,
    DELETED;

    void to(Path file) throws IOException {
      byte[] bytes = Files.readAllBytes(file);
      switch (this) {
        case FLIPPED -> {
          bytes[bytes.length / 2] ^= 1;
          Files.write(file, bytes);
        }
        case TRUNCATED -> Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));
        case DELETED -> Files.delete(file);
      }
    }
  }

  private Path directory = Path.of("run");
  private Path run = Path.of("run");
  private Path whole = Path.of("run");

  @BeforeEach
  void makeARun(@TempDir Path temporary) throws IOException, NoArchitectureException {
    directory = temporary;
    run = directory.resolve("run");
    whole = directory.resolve("whole");
    assertThat(new InProcess(directory).run(run).messages).isEmpty();
    copy(run, whole);
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Path copy = to.resolve(from.relativize(file));
        if (Files.isDirectory(file)) {
          Files.createDirectories(copy);
        } else {
          Files.copy(file, copy);
        }
      }
    }
  }

  @Test
  @Tag("slow")
  void run_anyFileDamaged_namesItAndMakesItAgain() throws IOException, NoArchitectureException {
    InProcess job = new InProcess(directory);
    for (Damage damage : Damage.values()) {
      for (ImmutableList<String> files : FILES) {
        boolean record = files.contains("stages/results.json");
        if (damage == Damage.DELETED && record) {
          continue; // it alone knows what it was to list; nothing else is lost with it
        }
        for (String file : files) {
          damage.to(run.resolve(file));
        }
        List<String> messages = job.run(run).messages;
        for (String file : files) {
          assertThat(messages)
              .as("%s: %s", damage, file)
              .anyMatch(message -> message.contains(run.resolve(file) + " is "));
        }
        assertThat(messages).as("%s: %s", damage, files).hasSameSizeAs(files);
        assertThat(ArtifactComparison.differences(run, whole))
            .as("%s: %s", damage, files)
            .isEmpty();
      }
    }
  }

  @Test
  void run_costsDamaged_measuresThemAgainAndSaysSo() throws IOException, NoArchitectureException {
    InProcess job = new InProcess(directory);
    Path costs = run.resolve("costs.json");
    for (Damage damage : Damage.values()) {
      damage.to(costs);
      InProcess.Heard heard = job.run(run);
      assertThat(heard.messages.get(0))
          .startsWith("costs is done again: " + costs)
          .endsWith(damage == Damage.DELETED ? " is missing" : " is not as it was written");
      assertThat(heard.reused).contains("library", "scores");
      assertThat(RunRecords.JSON.readTree(costs.toFile())).hasSize(1);
    }
  }

  @Test
  void run_filesFromTheFuture_areReusedAllTheSame() throws IOException, NoArchitectureException {
    List<Path> all = new ArrayList<>();
    try (Stream<Path> files = Files.walk(run)) {
      files.forEach(all::add);
    }
    for (Path file : all) {
      Files.setLastModifiedTime(file, FileTime.from(Instant.parse("2099-01-01T00:00:00Z")));
    }
    InProcess.Heard heard = new InProcess(directory).run(run);
    assertThat(heard.started).containsExactly("evaluation");
    assertThat(heard.messages).isEmpty();
  }
}
