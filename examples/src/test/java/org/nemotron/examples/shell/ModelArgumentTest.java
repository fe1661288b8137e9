package org.nemotron.examples.shell;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ModelArgumentTest {
  private Path root;
  private Path model;

  @BeforeEach
  void makeModel(@TempDir Path directory) throws IOException {
    root = directory.toRealPath();
    model = Files.createDirectories(root.resolve("a model"));
    Files.writeString(model.resolve("config.json"), "{}");
    Files.writeString(model.resolve("model.safetensors"), "");
  }

  private static void assertRefused(Path path, String sentence) {
    assertThatThrownBy(() -> ModelArgument.checked(path))
        .isInstanceOf(IOException.class)
        .hasMessage(sentence);
  }

  @Test
  void checked_directoryFileOrLinkToOne_isItself() throws IOException {
    Path file = Files.writeString(root.resolve("a.gguf"), "GGUF");
    Path link = Files.createSymbolicLink(root.resolve("link"), model);
    assertThat(ModelArgument.checked(model)).isEqualTo(model);
    assertThat(ModelArgument.checked(file)).isEqualTo(file);
    assertThat(ModelArgument.checked(link)).isEqualTo(link);
  }

  @Test
  void checked_missing_isNamed() {
    Path missing = root.resolve("nothing");
    assertRefused(
        missing, missing + " is missing; a model is a Hugging Face directory or a GGUF file.");
  }

  @Test
  void checked_nameOnTheHub_isToldFromAPath() {
    assertRefused(
        Path.of("meta-llama/Llama-3.1-8B"),
        "meta-llama/Llama-3.1-8B is missing; a model is a Hugging Face directory or a GGUF file.\n"
            + "Maybe it is the name of a model on the Hugging Face hub: download it, and give its"
            + " directory.");
  }

  @Test
  void checked_oneFileOfADirectory_namesTheDirectory() throws IOException {
    for (String name : new String[] {"config.json", "model.safetensors"}) {
      Path file = model.resolve(name);
      assertRefused(file, file + " is one file of a model.\nMaybe name its directory: " + model);
    }
    assertThat(ModelArgument.checked(model)).isEqualTo(model);
  }

  @Test
  void checked_directoryAroundModels_namesThem() throws IOException {
    assertRefused(root, root + " has no config.json, but models within.\nMaybe name it: " + model);
    Path first = Files.writeString(root.resolve("b-00001-of-00002.gguf"), "GGUF");
    Path second = Files.writeString(root.resolve("b-00002-of-00002.gguf"), "GGUF");
    assertThat(second).exists();
    assertRefused(
        root,
        root
            + " has no config.json, but models within.\nMaybe name the one that is meant: "
            + first
            + ", "
            + model);
  }

  @Test
  void checked_directoryOfTheHubsCache_namesTheSnapshot() throws IOException {
    Path cache = root.resolve("cache/models--a--b");
    Path snapshot = Files.createDirectories(cache.resolve("snapshots/0123"));
    Files.writeString(snapshot.resolve("config.json"), "{}");
    assertRefused(
        cache, cache + " has no config.json, but models within.\nMaybe name it: " + snapshot);
  }

  /** Its reader says what is missing. */
  @Test
  void checked_directoryOfSomethingElse_isLeftToItsReader() throws IOException {
    Path empty = Files.createDirectory(root.resolve("empty"));
    assertThat(ModelArgument.checked(empty)).isEqualTo(empty);
  }
}
