package org.nemotron.examples.published;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * That programs written against the last release still compile and link: docs/api lists what it
 * offered.
 *
 * <p>A release that may break (see docs/VERSIONS.md) renews the lists with {@code -Dapi.renew}.
 */
final class PublishedApiTest {
  private static final Path LISTS = Path.of("..", "docs", "api");

  @Test
  void all_onTheClassPath_areTheThreeLibraries() {
    assertThat(PublishedModule.all())
        .extracting(PublishedModule::name)
        .containsExactly("nemotron-core", "nemotron-nas", "nemotron-runtime");
  }

  @ParameterizedTest
  @MethodSource("modules")
  void api_sinceTheLastRelease_brokeNothing(PublishedModule module) throws IOException {
    Path list = LISTS.resolve(module.name() + ".txt");
    ApiListing now = ApiListing.of(module);
    if (Boolean.getBoolean("api.renew")) {
      now.write(list, "# What " + module.name() + " offers: see docs/VERSIONS.md");
    }
    assertThat(new ApiComparison(ApiListing.read(list), now).incompatibilities())
        .as(
            "Incompatible changes of %s."
                + " Maybe the old method can stay beside the new; if not, docs/VERSIONS.md tells"
                + " which version comes next and how to renew the lists",
            module.name())
        .isEmpty();
  }

  static ImmutableList<PublishedModule> modules() {
    return PublishedModule.all();
  }
}
