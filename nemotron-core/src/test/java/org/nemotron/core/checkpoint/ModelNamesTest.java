package org.nemotron.core.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ModelNamesTest {
  @ParameterizedTest
  @CsvSource({
    "/models/tale-7m, tale-7m",
    "/models/tale-7m.Q8_0.gguf, tale-7m.Q8_0.gguf",
    "/cache/hub/models--meta-llama--Llama-3.2-1B/snapshots/4e20de362430, meta-llama/Llama-3.2-1B",
    "/cache/hub/models--gpt2/snapshots/607a30d783df, gpt2",
    "/cache/hub/models--a--b/snapshots/607a30d783df/../607a30d783df/., a/b",
    "/cache/hub/models--a--b/refs/607a30d783df, 607a30d783df",
    "/data/snapshots/models--a--b, models--a--b",
    "/data/snapshots/7, 7",
    "/snapshots/7, 7",
    "/, model",
  })
  void of_path_isTheNameThatPeopleUse(Path path, String name) {
    assertThat(ModelNames.of(path)).isEqualTo(name);
  }

  @Test
  void of_relativePath_isReadFromTheWorkingDirectory() {
    assertThat(ModelNames.of(Path.of("models--a--b", "snapshots", "7"))).isEqualTo("a/b");
  }
}
