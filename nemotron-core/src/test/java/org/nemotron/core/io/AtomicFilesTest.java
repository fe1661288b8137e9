package org.nemotron.core.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class AtomicFilesTest {
  private static final String MAYBE =
      "; what stood there before is untouched.\n"
          + "Maybe the disk is full, or the directory may not be written to.";

  private static final String DENIED =
      "; what stood there before is untouched.\nMaybe name a directory that may be written to.";

  private Path directory;
  private Path file;

  @BeforeEach
  void nameFile(@TempDir Path directory) {
    this.directory = directory;
    this.file = directory.resolve("deep/er/file");
  }

  @Test
  void write_text_replacesTheFileAndMakesDirectories() throws IOException {
    AtomicFiles.write(file, "first, and longer");
    AtomicFiles.write(file, "sécond");
    assertThat(file).hasContent("sécond");
    assertThat(file.getParent()).isDirectoryNotContaining("glob:**.partial");
  }

  @Test
  void write_whileWriting_formerContentStands() throws IOException {
    AtomicFiles.write(file, "former");
    AtomicFiles.write(
        file,
        channel -> {
          AtomicFiles.writeFully(channel, ByteBuffer.wrap(new byte[] {'n', 'e', 'w'}));
          assertThat(file).hasContent("former");
        });
    assertThat(file).hasContent("new");
  }

  @Test
  void write_diskFull_saysSoAndKeepsTheFormerContent() throws IOException {
    AtomicFiles.write(file, "former");
    assertThatThrownBy(
            () ->
                AtomicFiles.write(
                    file,
                    channel -> {
                      AtomicFiles.writeFully(channel, ByteBuffer.allocate(10));
                      throw new IOException("No space left on device");
                    }))
        .isInstanceOf(IOException.class)
        .hasMessage(file + " could not be written (No space left on device)" + MAYBE);
    assertThat(file).hasContent("former");
    assertThat(file.getParent()).isDirectoryNotContaining("glob:**.partial");
  }

  @Test
  void writeDirectory_otherFileUnreadable_namesThatFile() {
    Path target = directory.resolve("child");
    Path other = directory.resolve("nowhere");
    assertThatThrownBy(
            () ->
                AtomicFiles.writeDirectory(
                    target,
                    made -> AtomicFiles.write(made.resolve("a"), Files.readAllBytes(other))))
        .isInstanceOf(IOException.class)
        .hasMessage(target + " could not be written (" + other + " is missing)" + MAYBE);
  }

  @Test
  void write_parentIsAFile_saysWhat() throws IOException {
    Files.writeString(directory.resolve("deep"), "in the way");
    assertThatThrownBy(() -> AtomicFiles.write(file, "x"))
        .isInstanceOf(IOException.class)
        .hasMessage(
            file
                + " could not be written ("
                + directory.resolve("deep")
                + "/er: Not a directory); what stood there before is untouched.\n"
                + "Maybe a file stands where a directory has to be, or the reverse: move it away.");
  }

  @Test
  void write_accessDenied_saysSoWithoutTheTemporaryName() {
    assertThatThrownBy(
            () ->
                AtomicFiles.writeDirectory(
                    file,
                    partial -> {
                      throw new AccessDeniedException(partial.resolve("x").toString());
                    }))
        .hasMessage(file + " could not be written (access denied)" + DENIED);
  }

  @Test
  void write_directoryDenied_namesIt() {
    Path elsewhere = directory.resolve("elsewhere");
    assertThatThrownBy(
            () ->
                AtomicFiles.writeDirectory(
                    file,
                    partial -> {
                      throw new AccessDeniedException(elsewhere.toString());
                    }))
        .hasMessage(file + " could not be written (" + elsewhere + ": access denied)" + DENIED);
  }

  @Test
  void writeDirectory_again_replacesItWhole() throws IOException {
    Path target = directory.resolve("child");
    AtomicFiles.writeDirectory(target, made -> AtomicFiles.write(made.resolve("old"), "1"));
    AtomicFiles.writeDirectory(target, made -> AtomicFiles.write(made.resolve("new"), "2"));
    assertThat(target.resolve("new")).hasContent("2");
    assertThat(target.resolve("old")).doesNotExist();
    assertThat(directory).isDirectoryNotContaining("glob:**.partial");
  }

  @Test
  void writeDirectory_failsHalfWay_keepsTheFormerOne() throws IOException {
    Path target = directory.resolve("child");
    AtomicFiles.writeDirectory(target, made -> AtomicFiles.write(made.resolve("a"), "1"));
    assertThatThrownBy(
            () ->
                AtomicFiles.writeDirectory(
                    target,
                    made -> {
                      AtomicFiles.write(made.resolve("a"), "2");
                      AtomicFiles.write(
                          made.resolve("b"),
                          channel -> {
                            throw new IOException("No space left on device");
                          });
                    }))
        .isInstanceOf(IOException.class)
        .hasMessage(target + " could not be written (No space left on device)" + MAYBE);
    assertThat(target.resolve("a")).hasContent("1");
    assertThat(directory).isDirectoryNotContaining("glob:**.partial");
  }

  @Test
  void deleteLeftovers_ofKilledWriters_leavesTheRest() throws IOException {
    Path partialFile = Files.writeString(directory.resolve("a.7-1.partial"), "half");
    Path partialDirectory = Files.createDirectory(directory.resolve("b.7-2.partial"));
    Files.writeString(partialDirectory.resolve("c"), "half");
    Files.writeString(directory.resolve("a"), "whole");
    Path inside = Files.createDirectory(directory.resolve("child"));
    Path partialInside = Files.writeString(inside.resolve("README.md.7-3.partial"), "half");
    Path notOurs = Files.writeString(inside.resolve("video.partial"), "somebody's");
    assertThat(AtomicFiles.deleteLeftovers(directory))
        .containsExactly(partialFile, partialDirectory, partialInside);
    assertThat(directory).isDirectoryNotContaining("glob:**.partial");
    assertThat(inside).isDirectoryContaining(notOurs::equals);
    assertThat(partialInside).doesNotExist();
    assertThat(directory.resolve("a")).hasContent("whole");
    assertThat(AtomicFiles.deleteLeftovers(directory.resolve("nowhere"))).isEmpty();
  }

  @Test
  void write_interrupted_isCancelledAndLeavesTheFormerFile() throws IOException {
    AtomicFiles.write(file, "former");
    Thread.currentThread().interrupt();
    try {
      assertThatThrownBy(() -> AtomicFiles.write(file, "new"))
          .isExactlyInstanceOf(CancellationException.class)
          .hasMessage(
              "cancelled: thread "
                  + Thread.currentThread().getName()
                  + " was interrupted while it wrote "
                  + file
                  + "; what stood there before is untouched");
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
    assertThat(file).hasContent("former");
    assertThat(file.getParent()).isDirectoryNotContaining("glob:**.partial");
  }
}
