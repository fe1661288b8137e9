package org.nemotron.core.provenance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FingerprintTest {
  /** The SHA-256 of "abc", as FIPS 180-2 gives it. */
  private static final String ABC =
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

  @Test
  void build_differentFields_neverCollide() {
    Fingerprint inner = Fingerprint.builder().build();
    ImmutableList<Fingerprint> different =
        ImmutableList.of(
            inner,
            Fingerprint.builder().put("a", "").build(),
            Fingerprint.builder().put("a", "b").build(),
            Fingerprint.builder().put("ab", "").build(),
            Fingerprint.builder().put("", "ab").build(),
            Fingerprint.builder().put("a", new byte[] {'b'}).build(),
            Fingerprint.builder().put("a", 1).build(),
            Fingerprint.builder().put("a", 1.0).build(),
            Fingerprint.builder().put("a", 2).build(),
            Fingerprint.builder().put("a", inner).build(),
            Fingerprint.builder().put("a", inner.hex()).build(),
            Fingerprint.builder().put("a", "x").put("b", "y").build(),
            Fingerprint.builder().put("b", "y").put("a", "x").build());
    assertThat(ImmutableSet.copyOf(different)).hasSameSizeAs(different);
  }

  @Test
  void build_sameFields_areEqual() {
    assertThat(Fingerprint.builder().put("a", "b").put("c", 4).build())
        .isEqualTo(Fingerprint.builder().put("a", "b").put("c", 4).build());
  }

  @Test
  void ofFile_knownContent_isItsSha256(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("a");
    Files.writeString(file, "abc");
    assertThat(Fingerprint.ofFile(file).hex()).isEqualTo(ABC);
    assertThat(Fingerprint.builder().putFile("f", file).build())
        .isEqualTo(Fingerprint.builder().put("f", new Fingerprint(ABC)).build());
  }

  @Test
  void put_sameNameTwice_isRefused() {
    Fingerprint.Builder builder = Fingerprint.builder().put("a", 1);
    assertThatThrownBy(() -> builder.put("a", "1"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("field a is given twice");
  }

  @Test
  void fingerprint_otherThanHex_isRefused() {
    assertThatThrownBy(() -> new Fingerprint("ABC"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("fingerprint (ABC) must be 64 lower-case hex digits");
  }
}
