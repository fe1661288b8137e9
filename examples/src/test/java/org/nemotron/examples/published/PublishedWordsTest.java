package org.nemotron.examples.published;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * That whatever applications may name has a comment. Javadoc's own checks see to what stands in it.
 */
final class PublishedWordsTest {
  @ParameterizedTest
  @MethodSource("modules")
  void publicDeclarations_ofExportedPackages_haveComments(PublishedModule module)
      throws IOException {
    List<Path> folders =
        module.exported().stream()
            .map(name -> module.sources().resolve(name.replace('.', '/')))
            .toList();
    assertThat(Comments.missingIn(folders)).isEmpty();
  }

  @Test
  void missingIn_publicMethodWithoutComment_namesItsPlace(@TempDir Path folder) throws IOException {
    Files.writeString(
        folder.resolve("Disc.java"),
        """
        /** Round. */
        public record Disc(double radius) {
          public double area() {
            return Math.PI * radius * radius;
          }

          double hidden() {
            return 0;
          }
        }
        """);
    assertThat(Comments.missingIn(List.of(folder)))
        .singleElement()
        .asString()
        .endsWith("Disc.java:3 area");
  }

  static ImmutableList<PublishedModule> modules() {
    return PublishedModule.all();
  }
}
