package org.nemotron.core.checkpoint.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.checkpoint.GgufModelUnpacker;
import org.nemotron.core.checkpoint.ModelReader;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;

/** A small llama in three files, as gguf-split writes them. */
final class GgufSplitTest {
  private static final int PARTS = 3;

  private Path directory;

  @BeforeEach
  void name(@TempDir Path directory) {
    this.directory = directory;
  }

  private Path part(int number) {
    return GgufFixtures.part(directory, number, PARTS);
  }

  private void writeParts() throws IOException {
    assertThat(GgufFixtures.split(directory, PARTS)).isEqualTo(part(1));
  }

  private void write(int number, ImmutableList<GgufFixtures.Raw> tensors) throws IOException {
    GgufFixtures.writePart(part(number), number - 1, PARTS, tensors);
  }

  private void assertRefused(Path file, String sentence) {
    assertThatThrownBy(() -> ModelReader.read(file))
        .isInstanceOf(CheckpointFormatException.class)
        .hasMessage(file + ": " + sentence);
  }

  @Test
  void read_firstPart_isTheWholeModel() throws IOException {
    writeParts();
    try (NativeScope scope = NativeScope.open();
        HeterogeneousModel whole = ModelReader.read(GgufFixtures.LLAMA);
        HeterogeneousModel split = ModelReader.read(part(1));
        NamedTensors expected = NamedTensors.of(whole.tensors());
        NamedTensors actual = NamedTensors.of(split.tensors())) {
      assertThat(split.spec()).isEqualTo(whole.spec());
      for (String name : expected.asMap().keySet()) {
        assertThat(actual.get(name).equal(expected.get(name))).as(name).isTrue();
      }
    }
    assertThat(GgufModelUnpacker.furtherParts(part(1))).containsExactly(part(2), part(3));
    assertThat(GgufModelUnpacker.furtherParts(GgufFixtures.LLAMA)).isEmpty();
  }

  /** Some programs put no tensor into the first part. */
  @Test
  void read_firstPartWithoutTensors_isTheWholeModel() throws IOException {
    write(1, ImmutableList.of());
    write(2, GgufFixtures.tensors(GgufFixtures.LLAMA));
    write(3, ImmutableList.of());
    try (HeterogeneousModel split = ModelReader.read(part(1))) {
      assertThat(split.spec().layers()).isEqualTo(1);
    }
  }

  @Test
  void read_laterPart_isRefusedWithTheFirst() throws IOException {
    writeParts();
    assertRefused(
        part(2),
        "split.no (1) must be 0: the file is part 2 of 3.\n"
            + "Maybe name the first part, whose name ends with -00001-of-00003.gguf: the others"
            + " beside it are read with it.");
  }

  @Test
  void read_missingPart_isNamed() throws IOException {
    writeParts();
    Files.delete(part(3));
    assertRefused(
        part(1),
        "probe-00003-of-00003.gguf, part 3 of 3, is missing.\n"
            + "Maybe download all parts to one directory.");
  }

  @Test
  void read_firstPartOfAnotherName_isRefused() throws IOException {
    writeParts();
    Path renamed = Files.move(part(1), directory.resolve("model.gguf"));
    assertRefused(
        renamed,
        "the file is part 1 of 3, so its name must end with -00001-of-00003.gguf.\n"
            + "Maybe name all parts again as they were published: the others are found by their"
            + " names.");
  }

  @Test
  void read_partInAnothersPlace_isRefused() throws IOException {
    writeParts();
    Path kept = Files.move(part(2), directory.resolve("kept"));
    Files.move(part(3), part(2));
    Files.move(kept, part(3));
    assertRefused(
        part(1), "probe-00002-of-00003.gguf must be part 2 of it: split.no must be 1, not 2");
  }

  @Test
  void read_tensorsThatAreTooFewOrTwice_areRefused() throws IOException {
    writeParts();
    ImmutableList<GgufFixtures.Raw> tensors = GgufFixtures.tensors(GgufFixtures.LLAMA);
    write(3, tensors.subList(8, 11));
    assertRefused(
        part(1),
        "split.tensors.count (12) must be the number of tensors in its parts (11).\n"
            + "Maybe a part belongs to another file, or was not downloaded whole.");
    write(3, tensors.subList(0, 4));
    assertRefused(part(1), "tensor " + tensors.get(0).name() + " is in two of its parts");
  }

  @Test
  void read_partCutShort_isNamed() throws IOException {
    writeParts();
    byte[] bytes = Files.readAllBytes(part(2));
    Files.write(part(2), java.util.Arrays.copyOf(bytes, bytes.length - 64));
    assertThatThrownBy(() -> ModelReader.read(part(1)))
        .isInstanceOf(CheckpointFormatException.class)
        .hasMessageStartingWith(part(2) + ": tensor ")
        .hasMessageEndingWith(
            " end beyond the file.\nMaybe the file was not copied or downloaded whole.");
  }

  @Test
  void others_oneFile_areNone() throws IOException {
    assertThat(
            GgufSplit.others(
                part(1), new GgufKeys("x", ImmutableMap.of("split.count", GgufValue.of(1)))))
        .isEmpty();
  }
}
