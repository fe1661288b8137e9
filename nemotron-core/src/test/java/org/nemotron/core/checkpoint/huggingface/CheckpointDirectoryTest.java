package org.nemotron.core.checkpoint.huggingface;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;
import org.nemotron.core.checkpoint.safetensors.SafetensorsWriter;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

final class CheckpointDirectoryTest {
  private static final String INDEX = "model.safetensors.index.json";

  private Path temporary;
  private Path directory;

  @BeforeEach
  void makeShards(@TempDir Path temporary) throws IOException {
    this.temporary = temporary;
    directory = temporary.resolve("model");
    Files.createDirectories(directory);
    Files.writeString(directory.resolve("config.json"), "{}");
    try (NativeScope scope = NativeScope.open()) {
      new SafetensorsWriter()
          .add("a", Tensors.of(new float[] {1, 2}, 2))
          .write(directory.resolve("model-00001-of-00002.safetensors"));
      new SafetensorsWriter()
          .add("b", Tensors.of(new float[] {3}, 1))
          .add("c", Tensors.of(new float[] {4}, 1))
          .write(directory.resolve("model-00002-of-00002.safetensors"));
    }
    writeIndex("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors");
  }

  private void writeIndex(String fileOfA, String fileOfB) throws IOException {
    Files.writeString(
        directory.resolve(INDEX),
        "{\"metadata\":{\"total_size\":12},\"weight_map\":{\"a\":\"%s\",\"b\":\"%s\"}}"
            .formatted(fileOfA.replace("\\", "\\\\"), fileOfB));
  }

  @Test
  void tensor_sharded_comesFromTheFileThatHasIt() throws IOException {
    try (NativeScope scope = NativeScope.open();
        CheckpointDirectory checkpoint = CheckpointDirectory.open(directory)) {
      assertThat(checkpoint.names()).containsExactlyInAnyOrder("a", "b", "c");
      assertThat(Tensors.floats(checkpoint.tensor("a"))).containsExactly(1, 2);
      assertThat(Tensors.floats(checkpoint.tensor("b"))).containsExactly(3);
    }
  }

  @Test
  void open_shardMissing_isNamed() throws IOException {
    Files.delete(directory.resolve("model-00002-of-00002.safetensors"));
    assertRefused(
        directory.resolve("model-00002-of-00002.safetensors")
            + " is missing, but model.safetensors.index.json names it.\n"
            + "Maybe the download was interrupted.");
  }

  @Test
  void absence_tensorThatTheIndexPlacesWhereItIsNot_isKnown() throws IOException {
    writeIndex("model-00001-of-00002.safetensors", "model-00001-of-00002.safetensors");
    try (CheckpointDirectory checkpoint = CheckpointDirectory.open(directory)) {
      assertThat(checkpoint.names()).containsExactly("a");
      assertThat(checkpoint.absence("b"))
          .isEqualTo(
              ", but model.safetensors.index.json places it in model-00001-of-00002.safetensors");
      assertThat(checkpoint.absence("c")).isEmpty();
    }
  }

  @Test
  void open_tensorInTwoFiles_isRefused() throws IOException {
    Files.delete(directory.resolve("model-00002-of-00002.safetensors"));
    Files.copy(
        directory.resolve("model-00001-of-00002.safetensors"),
        directory.resolve("model-00002-of-00002.safetensors"));
    assertRefused(
        directory.resolve("model-00002-of-00002.safetensors")
            + ": tensor a is also in "
            + directory.resolve("model-00001-of-00002.safetensors")
            + ".\nMaybe files of two checkpoints were mixed.");
  }

  @Test
  void open_indexLeavesTheDirectory_isRefused() throws IOException {
    Files.copy(directory.resolve("model-00001-of-00002.safetensors"), temporary.resolve("outside"));
    for (String escape :
        new String[] {
          "../outside", temporary.resolve("outside").toString(), "..", ".", "", "..\\outside"
        }) {
      writeIndex(escape, "model-00002-of-00002.safetensors");
      assertRefused(
          directory.resolve(INDEX)
              + ", weight_map: file name ("
              + escape
              + ") must be the name of a file in the same directory");
    }
  }

  /** Found by mutation. */
  @Test
  void open_indexNamesNoFile_isRefused() throws IOException {
    Files.writeString(directory.resolve(INDEX), "{\"weight_map\":{\"a\":null}}");
    assertRefused(
        directory.resolve(INDEX)
            + ", weight_map: file name () must be the name of a file in the same directory");
    Files.writeString(directory.resolve(INDEX), "{\"weight_map\":{\"a\":\"\\u0000\"}}");
    assertRefused(
        directory.resolve(INDEX)
            + ", weight_map: file name (\0) must be the name of a file in the same directory");
  }

  @Test
  void open_shardIsADirectory_isRefused() throws IOException {
    Files.createDirectory(directory.resolve("shard"));
    writeIndex("shard", "model-00002-of-00002.safetensors");
    assertRefused(directory.resolve("shard") + " is a directory; it must be a file");
  }

  @Test
  void open_noDirectory_isNamed() {
    directory = temporary.resolve("nowhere");
    assertRefused(
        directory + " is missing or not a directory; it must be a Hugging Face model directory");
  }

  @Test
  void open_noWeights_isNamedWithWhatIsThereInstead() throws IOException {
    Files.delete(directory.resolve(INDEX));
    String neither = directory + " has neither model.safetensors nor model.safetensors.index.json";
    assertRefused(
        neither + ".\nMaybe the download left out the index of its files model-….safetensors.");
    Files.delete(directory.resolve("model-00001-of-00002.safetensors"));
    Files.delete(directory.resolve("model-00002-of-00002.safetensors"));
    assertRefused(neither + ".\nMaybe the download was interrupted.");
    Files.writeString(directory.resolve("consolidated.safetensors"), "");
    assertRefused(
        neither + ".\nMaybe only the format of its authors (consolidated…) was downloaded.");
  }

  @Test
  void open_noConfig_isNamedWithWhatIsThereInstead() throws IOException {
    Files.delete(directory.resolve("config.json"));
    String none = directory + " has no config.json; it must be a Hugging Face model directory";
    assertRefused(none);
    Path inner = directory.resolve("checkpoint-500");
    Files.createDirectories(inner);
    Files.writeString(inner.resolve("config.json"), "{}");
    assertRefused(none + ".\nMaybe " + inner + " is meant.");
    Path snapshot = directory.resolve("snapshots/0123");
    Files.createDirectories(snapshot);
    Files.writeString(snapshot.resolve("config.json"), "{}");
    assertRefused(none + ".\nMaybe " + snapshot + " is meant.");
    Files.writeString(directory.resolve("params.json"), "{}");
    assertRefused(
        none
            + ".\nMaybe it is in the format of its authors (params.json): the same model is also"
            + " published in that of transformers.");
    Files.writeString(directory.resolve("adapter_config.json"), "{}");
    assertRefused(
        none
            + ".\nMaybe it is an adapter: merge it into its model with merge_and_unload of peft,"
            + " then call save_pretrained.");
  }

  @Test
  void open_onlyPickledWeights_namesTheRemedy() throws IOException {
    Files.delete(directory.resolve(INDEX));
    Files.writeString(directory.resolve("pytorch_model.bin"), "");
    assertRefused(
        directory
            + " holds its weights as pytorch_model.bin, which this library does not read.\n"
            + "Maybe load it in transformers and call save_pretrained: it writes"
            + " model.safetensors.");
  }

  @Test
  void fingerprint_oneWeightChanges_differs() throws IOException {
    String before = CheckpointDirectory.fingerprint(directory).hex();
    assertThat(CheckpointDirectory.fingerprint(directory).hex()).isEqualTo(before);
    try (NativeScope scope = NativeScope.open()) {
      new SafetensorsWriter()
          .add("a", Tensors.of(new float[] {1, 2.5f}, 2))
          .write(directory.resolve("model-00001-of-00002.safetensors"));
    }
    assertThat(CheckpointDirectory.fingerprint(directory).hex()).isNotEqualTo(before);
  }

  private void assertRefused(String sentence) {
    assertThatThrownBy(() -> CheckpointDirectory.open(directory))
        .isInstanceOf(CheckpointFormatException.class)
        .hasMessage(sentence);
  }

  private void assertNotFingerprinted(String sentence) {
    assertThatThrownBy(() -> CheckpointDirectory.fingerprint(directory))
        .isInstanceOf(CheckpointFormatException.class)
        .hasMessage(sentence);
  }

  @Test
  void fingerprint_incompleteCheckpoint_isRefusedByName() throws IOException {
    Files.delete(directory.resolve("model-00002-of-00002.safetensors"));
    assertNotFingerprinted(
        directory.resolve("model-00002-of-00002.safetensors")
            + " is missing, but model.safetensors.index.json names it.\n"
            + "Maybe the download was interrupted.");
    Files.delete(directory.resolve("config.json"));
    assertNotFingerprinted(
        directory + " has no config.json; it must be a Hugging Face model directory");
    directory = temporary.resolve("nowhere");
    assertNotFingerprinted(
        directory + " is missing or not a directory; it must be a Hugging Face model directory");
  }

  @Test
  void fingerprint_oneFile_dependsOnItAndOnTheConfig() throws IOException {
    Files.move(
        directory.resolve("model-00001-of-00002.safetensors"),
        directory.resolve("model.safetensors"));
    String before = CheckpointDirectory.fingerprint(directory).hex();
    Files.delete(directory.resolve("model-00002-of-00002.safetensors"));
    assertThat(CheckpointDirectory.fingerprint(directory).hex()).isEqualTo(before);
    Files.writeString(directory.resolve("config.json"), "{ }");
    assertThat(CheckpointDirectory.fingerprint(directory).hex()).isNotEqualTo(before);
  }

  @Test
  void tensor_unknownOrClosed_isRefused() throws IOException {
    CheckpointDirectory checkpoint = CheckpointDirectory.open(directory);
    assertThat(checkpoint.path()).isEqualTo(directory);
    assertThat(checkpoint.where()).isEqualTo(directory.toString());
    assertThatThrownBy(() -> checkpoint.shape("z"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(directory + " has no tensor called z");
    checkpoint.close();
    checkpoint.close();
    assertThatThrownBy(() -> checkpoint.tensor("a"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(directory.resolve("model-00001-of-00002.safetensors") + " is closed");
  }
}
