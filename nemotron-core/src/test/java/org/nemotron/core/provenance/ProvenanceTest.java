package org.nemotron.core.provenance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;

final class ProvenanceTest {
  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2026-11-22T12:00:00.123Z"), ZoneOffset.UTC);

  @Test
  void toJson_provenance_isReadBack() throws IOException {
    Provenance made = Provenance.of(ImmutableMap.of("parent", "abc", "seed", "7"), CLOCK);
    assertThat(made.toJson().toString())
        .isEqualTo(
            "{\"libraryVersion\":\""
                + Provenance.LIBRARY_VERSION
                + "\",\"createdAt\":\"2026-11-22T12:00:00Z\","
                + "\"inputs\":{\"parent\":\"abc\",\"seed\":\"7\"}}");
    assertThat(Provenance.fromJson(new JsonMapper().readTree(made.toJson().toString())))
        .isEqualTo(made);
  }

  @Test
  void fromJson_keyMissing_isRefusedByName() throws IOException {
    assertThatThrownBy(() -> Provenance.fromJson(new JsonMapper().readTree("{}")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("provenance must have a text called libraryVersion");
  }

  @Test
  void libraryVersion_here_isTheBuilds() throws IOException {
    assertThat(Files.readString(Path.of("../pom.xml")))
        .containsOnlyOnce("<version>" + Provenance.LIBRARY_VERSION + "</version>");
  }
}
