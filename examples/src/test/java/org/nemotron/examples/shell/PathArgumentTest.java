package org.nemotron.examples.shell;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.TypeConversionException;

final class PathArgumentTest {
  private static Path path(String value) {
    return new PathArgument().convert(value);
  }

  private static void assertRefused(String value, String sentence) {
    assertThatThrownBy(() -> path(value))
        .isInstanceOf(TypeConversionException.class)
        .hasMessage(sentence);
  }

  @Test
  void convert_plainPath_isItself() {
    assertThat(path("a b/c/")).isEqualTo(Path.of("a b/c"));
    assertThat(path("a~b")).isEqualTo(Path.of("a~b"));
    assertThat(path("~user/x")).isEqualTo(Path.of("~user/x"));
  }

  @Test
  void convert_home_isExpandedAsTheShellDoes() {
    String home = System.getProperty("user.home");
    assertThat(path("~")).isEqualTo(Path.of(home));
    assertThat(path("~/models/a b")).isEqualTo(Path.of(home, "models", "a b"));
  }

  @Test
  void convert_fileAddress_isItsPath() {
    assertThat(path("file:///models/a%20b")).isEqualTo(Path.of("/models/a b"));
    assertThat(path("file:/models/a")).isEqualTo(Path.of("/models/a"));
  }

  @Test
  void convert_fileAddressWithASpace_isReadOnceWrittenAsAPath() {
    assertRefused(
        "file:///models/a b",
        "file:///models/a b is not a valid address of a file.\n"
            + "Maybe write it as a path: /models/a b");
    assertThat(path("/models/a b")).isEqualTo(Path.of("/models/a b"));
  }

  @Test
  void convert_otherAddress_isRefused() {
    assertRefused(
        "https://example.org/model",
        "https://example.org/model is an address, not a path.\n"
            + "Maybe download it, and give its path.");
  }

  @Test
  void convert_nothingOrAZero_isRefused() {
    assertRefused(" ", "a path must not be empty");
    assertRefused("a\0b", "\"a\0b\" cannot be a path (Nul character not allowed).");
  }
}
