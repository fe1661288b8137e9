package org.nemotron.examples.crash;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A disk that is really full: a tmpfs in a namespace of its own. Where the operating system does
 * not let a user make one, that is said, and {@link EveryWriteTest} and {@link FullDiskTest} are
 * what tries it.
 */
@Tag("slow")
final class FullTmpfsTest {
  @Test
  void run_tmpfsFullInEveryStage_saysSoAndGoesOnWhenThereIsRoom(@TempDir Path directory)
      throws IOException, InterruptedException {
    Path mount = Files.createDirectory(directory.resolve("disk"));
    if (!canBeMade(mount)) {
      return;
    }
    Said job =
        said(
            mount,
            ImmutableList.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                FullTmpfs.class.getName(),
                directory.toString(),
                mount.toString()));
    assertThat(job.code()).as(job.text()).isZero();
    for (String stage :
        new String[] {
          "library", "scores", "costs", "coupled", "child", "child-tiny", "evaluation"
        }) {
      assertThat(job.text()).containsPattern("full disks: .*\\b" + stage + "\\b");
    }
  }

  @Test
  void compress_directoryMayOnlyBeRead_saysSo(@TempDir Path directory)
      throws IOException, InterruptedException {
    Path mount = Files.createDirectory(directory.resolve("disk"));
    if (!canBeMade(mount)) {
      return;
    }
    Said job =
        said(
            mount,
            ImmutableList.<String>builder()
                .add("sh", "-c", "mount -o remount,ro \"$0\" && exec \"$@\"", mount.toString())
                .addAll(CompressProcess.command(CompressJob.tiny(directory), mount))
                .build());
    assertThat(job.code()).as(job.text()).isEqualTo(1);
    assertThat(job.text())
        .contains(
            "nemotron: "
                + mount.resolve(".lock")
                + " could not be written (Read-only file system), so that no run can begin.\n"
                + "Maybe name a directory that may be written to.")
        .doesNotContain("\tat ");
  }

  private static boolean canBeMade(Path mount) throws IOException, InterruptedException {
    boolean made = said(mount, ImmutableList.of("true")).code() == 0;
    if (!made) {
      System.out.println("FullTmpfsTest: no namespace with a tmpfs can be made here.");
    }
    return made;
  }

  private record Said(int code, String text) {}

  /** Runs {@code command} where {@code mount} is a tmpfs of one page. */
  private static Said said(Path mount, ImmutableList<String> command)
      throws IOException, InterruptedException {
    ImmutableList<String> all =
        ImmutableList.<String>builder()
            .add("sh", "-c")
            .add(
                "exec unshare -Urm sh -c 'mount -t tmpfs -o size=4k tmpfs \"$0\" && exec \"$@\""
                    + "' \"$0\" \"$@\"")
            .add(mount.toString())
            .addAll(command)
            .build();
    Process process = new ProcessBuilder(all).redirectErrorStream(true).start();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Said(process.waitFor(), text);
  }
}
