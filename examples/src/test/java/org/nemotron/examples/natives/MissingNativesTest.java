package org.nemotron.examples.natives;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.bytedeco.javacpp.Loader;
import org.junit.jupiter.api.Test;

/** An application that has forgotten the natives of its platform is told so, wherever it begins. */
final class MissingNativesTest {
  private static final ImmutableList<String> ENTRIES =
      ImmutableList.of("settings", "open", "read", "scope", "threads", "compress");
  private static final Pattern NATIVES =
      Pattern.compile("(pytorch|openblas|javacpp)-[-.0-9]+-(linux|macosx|windows)-\\w+.*\\.jar");

  private static void assertNamed(String platform, Predicate<String> kept, String... options)
      throws IOException {
    String sentence =
        ": org.nemotron.core.tensor.MissingNativesException: LibTorch's native libraries for "
            + platform
            + " are missing (";
    EntryProcess process = EntryProcess.run(ENTRIES, kept, options);
    assertThat(process.out())
        .contains(ENTRIES.stream().map(entry -> entry + sentence).toList())
        .contains("Maybe add three dependencies, each with the classifier " + platform)
        .containsPattern("org\\.bytedeco:pytorch:[-.0-9]+, org\\.bytedeco:openblas:[-.0-9]+ and");
    assertThat(process.err()).isEmpty();
  }

  @Test
  void anyEntry_noNatives_namesTheDependencies() throws IOException {
    assertNamed(Loader.getPlatform(), jar -> !NATIVES.matcher(jar).matches());
  }

  @Test
  void anyEntry_oneOfThemMissing_namesTheDependencies() throws IOException {
    assertNamed(
        Loader.getPlatform(),
        jar -> !(NATIVES.matcher(jar).matches() && jar.startsWith("openblas")));
  }

  @Test
  void anyEntry_platformWithoutNatives_namesIt() throws IOException {
    String platform = "linux-riscv64";
    assertNamed(platform, jar -> true, "-Dorg.bytedeco.javacpp.platform=" + platform);
  }

  /** Neither LibTorch nor SLF4J, for which this application has no provider, says anything. */
  @Test
  void open_allNatives_worksWithoutAWordOnTheErrorStream() throws IOException {
    EntryProcess process =
        EntryProcess.run(
            ImmutableList.of("settings", "read", "open"), jar -> !jar.startsWith("slf4j-simple"));
    assertThat(process.out()).contains("settings: works", "read: works", "open: works");
    assertThat(process.err()).isEmpty();
  }
}
