package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.LongConsumer;
import org.nemotron.core.checkpoint.GgufModelUnpacker;

/** A parent that is one GGUF file, unpacked to the directory that the other stages read. */
final class ParentStage implements Stage<Path> {
  static final String NAME = "parent";

  private final Path file;
  private final CompressionPlan plan;
  private final Path directory;

  private ParentStage(Path file, CompressionPlan plan, Path run) {
    this.file = file;
    this.plan = plan;
    this.directory = run.resolve(file.getFileName().toString());
  }

  /**
   * Returns {@code plan} with a directory for its parent: its own, or one in the run's where the
   * GGUF file that it names is unpacked, tokenizer included.
   *
   * @throws IOException if the file is damaged or of a kind that this library does not have
   */
  static CompressionPlan unpacked(CompressionPlan plan, StageStore store) throws IOException {
    Path file = plan.inputs().parent();
    return Files.isRegularFile(file)
        ? plan.withParent(store.result(new ParentStage(file, plan, store.path(NAME))))
        : plan;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Workers workers() {
    return Workers.FIRST_FOR_ALL;
  }

  @Override
  public StageInputs dependencies() throws IOException {
    return StageDependencies.parent(file, plan);
  }

  @Override
  public long steps() {
    return 1;
  }

  @Override
  public ImmutableList<Path> work(LongConsumer progress) throws IOException {
    Files.createDirectories(directory.getParent());
    GgufModelUnpacker.unpack(file, directory, plan.execution().dtype());
    progress.accept(1);
    return ParentFingerprints.files(directory);
  }

  @Override
  public Path read() {
    return directory;
  }
}
