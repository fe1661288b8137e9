package org.nemotron.core.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
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
}
