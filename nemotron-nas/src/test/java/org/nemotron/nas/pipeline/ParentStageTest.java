package org.nemotron.nas.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.checkpoint.GgufModelWriter;
import org.nemotron.core.checkpoint.ModelSpecReader;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;
import org.nemotron.core.checkpoint.format.GgufType;
import org.nemotron.core.text.Tokenizer;
import org.nemotron.nas.pipeline.TinyRun.Events;

final class ParentStageTest {
  private static final Path TALE = Path.of("../examples/models/tale-7m");
  private static final String TEXT = "Once upon a time.";

  private Path directory;
  private CompressionPlan plan;

  @BeforeEach
  void makePlan(@TempDir Path directory) throws IOException {
    this.directory = directory;
    plan = TinyRun.in(directory).plan(0, TinyRun.SMALL);
  }

  private CompressionPlan unpacked(Path file, Events events) throws IOException {
    return ParentStage.unpacked(
        plan.withParent(file), new StageStore(directory.resolve("run"), events));
  }

  @Test
  void unpacked_directory_isLeftAsItIs() throws IOException {
    Events events = new Events();
    assertThat(ParentStage.unpacked(plan, new StageStore(directory, events))).isEqualTo(plan);
    assertThat(events.started).isEmpty();
  }

  @Test
  void unpacked_ggufFile_isUnpackedOnceWithItsTokenizer() throws IOException {
    Path file = directory.resolve("tale.gguf");
    GgufModelWriter.convert(TALE, file, GgufType.BF16);
    Events first = new Events();
    CompressionPlan made = unpacked(file, first);
    Path parent = made.inputs().parent();
    assertThat(first.finished).containsExactly("parent");
    assertThat(parent.getFileName()).hasToString("tale.gguf");
    assertThat(ModelSpecReader.read(parent)).isEqualTo(ModelSpecReader.read(TALE));
    try (Tokenizer own = Tokenizer.open(TALE);
        Tokenizer read = Tokenizer.open(parent)) {
      assertThat(read.encode(TEXT)).isEqualTo(own.encode(TEXT));
    }

    Events second = new Events();
    assertThat(unpacked(file, second)).isEqualTo(made);
    assertThat(second.reused).containsExactly("parent");

    GgufModelWriter.convert(TALE, file, GgufType.Q8_0);
    Events third = new Events();
    assertThat(unpacked(file, third)).isEqualTo(made);
    assertThat(third.started).containsExactly("parent");
  }

  @Test
  void unpacked_sameFileUnderAnotherName_isUnpackedUnderThatName() throws IOException {
    Path file = directory.resolve("tale.gguf");
    GgufModelWriter.convert(TALE, file, GgufType.BF16);
    assertThat(unpacked(file, new Events()).inputs().parent()).endsWith(Path.of("tale.gguf"));
    Path renamed = Files.move(file, directory.resolve("story.gguf"));
    Events events = new Events();
    Path parent = unpacked(renamed, events).inputs().parent();
    assertThat(parent.getFileName()).hasToString("story.gguf");
    assertThat(ModelSpecReader.read(parent)).isEqualTo(ModelSpecReader.read(TALE));
    assertThat(events.messages)
        .containsExactly("parent is done again: what it depends on has changed: the file's name");
  }

  @Test
  void runDirectory_unpackedParentWhoseFileIsGone_isRead() throws IOException {
    Path file = directory.resolve("tale.gguf");
    GgufModelWriter.convert(TALE, file, GgufType.BF16);
    Path unpacked = unpacked(file, new Events()).inputs().parent();
    Files.delete(file);
    Path run = directory.resolve("run");
    Files.writeString(run.resolve("plan.json"), PlanFiles.write(plan.withParent(file)));
    try (RunDirectory read = RunDirectory.open(run)) {
      assertThat(read.parentSpec()).isEqualTo(ModelSpecReader.read(unpacked));
      assertThat(read.parent().spec()).isEqualTo(read.parentSpec());
      assertThat(read.finished()).containsExactly("parent");
    }
  }

  @Test
  void unpacked_fileOfAnotherKind_isRefused() throws IOException {
    Path file = directory.resolve("text.txt");
    Files.writeString(file, "Once upon a time, there was no model in this file.");
    assertThatThrownBy(() -> unpacked(file, new Events()))
        .isInstanceOf(CheckpointFormatException.class)
        .hasMessageStartingWith(file + ": the file must begin with GGUF");
  }
}
