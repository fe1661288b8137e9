package org.nemotron.core.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import org.junit.jupiter.api.Test;

final class FileFaultsTest {
  @Test
  void words_reasonGiven_areTheReason() {
    assertThat(FileFaults.words(new FileSystemException("a", null, "No space left on device")))
        .isEqualTo("No space left on device");
  }

  @Test
  void words_onlyTheKindKnown_tellTheKind() {
    assertThat(FileFaults.words(new AccessDeniedException("a"))).isEqualTo("access denied");
  }

  @Test
  void words_nothingKnown_sayThatItWasRefused() {
    assertThat(FileFaults.words(new FileSystemException("a"))).isEqualTo("refused");
  }

  @Test
  void remedyOfWriting_fullDisk_isRoomAndOtherFaultsAreTheirOwn() {
    assertThat(
            FileFaults.remedyOfWriting(
                new FileSystemException("a", null, "No space left on device")))
        .isEqualTo("Maybe the disk is full, or the directory may not be written to.");
    assertThat(FileFaults.remedyOfWriting(new FileAlreadyExistsException("a")))
        .isEqualTo(
            "Maybe a file stands where a directory has to be, or the reverse: move it away.");
    assertThat(FileFaults.remedyOfWriting(new NoSuchFileException("/proc/x")))
        .isEqualTo("Maybe name a directory that may be written to.");
  }
}
