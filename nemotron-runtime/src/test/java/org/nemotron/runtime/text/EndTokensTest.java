package org.nemotron.runtime.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.spec.SpecialTokens;

final class EndTokensTest {
  private static final SpecialTokens CONFIG =
      new SpecialTokens(ImmutableList.of(1), ImmutableList.of(2), ImmutableList.of());

  private final Path directory;

  EndTokensTest(@TempDir Path directory) {
    this.directory = directory;
  }

  @Test
  void read_oneId_isTheOnlyOne() throws IOException {
    write("{\"eos_token_id\": 7}");
    assertThat(EndTokens.read(directory, CONFIG).ids()).containsExactly(7);
  }

  @Test
  void read_listOfIds_isAllOfThem() throws IOException {
    write("{\"eos_token_id\": [128001, 128009]}");
    EndTokens tokens = EndTokens.read(directory, CONFIG);
    assertThat(tokens.contains(128009)).isTrue();
    assertThat(tokens.contains(2)).isFalse();
  }

  @Test
  void read_noneNamed_isThoseOfTheConfig() throws IOException {
    assertThat(EndTokens.read(directory, CONFIG).ids()).containsExactly(2);
    for (String none : new String[] {"null", "[]"}) {
      write("{\"eos_token_id\": " + none + "}");
      assertThat(EndTokens.read(directory, CONFIG).ids()).containsExactly(2);
    }
  }

  @Test
  void read_directoryAlone_readsItsConfig() throws IOException {
    Path shipped = Path.of("../examples/models/tale-7m");
    assertThat(EndTokens.read(shipped).ids()).containsExactly(1);
    Files.copy(shipped.resolve("config.json"), directory.resolve("config.json"));
    write("{}");
    assertThat(EndTokens.read(directory).ids()).containsExactly(1);
    write("{\"eos_token_id\": 7}");
    assertThat(EndTokens.read(directory).ids()).containsExactly(7);
  }

  @Test
  void and_id_addsIt() {
    assertThat(EndTokens.none().and(3).and(4).and(3).ids()).containsExactly(3, 4);
  }

  @Test
  void read_noId_isRefusedByName() throws IOException {
    write("{\"eos_token_id\": [3, \"</s>\"]}");
    assertThatThrownBy(() -> EndTokens.read(directory, CONFIG))
        .isInstanceOf(IOException.class)
        .hasMessage(
            directory.resolve("generation_config.json")
                + ": eos_token_id ([3,\"</s>\"]) must be a token id or a list of them");
  }

  @Test
  void read_damagedFile_isRefusedByName() throws IOException {
    write("{\"eos_token_id\": ");
    assertThatThrownBy(() -> EndTokens.read(directory, CONFIG))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(directory.resolve("generation_config.json") + " is not JSON (");
  }

  private void write(String json) throws IOException {
    Files.writeString(directory.resolve("generation_config.json"), json);
  }
}
