package org.nemotron.nas.pipeline;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.nemotron.core.checkpoint.GgufModelUnpacker;

/** Parents that are one GGUF file, made into the directories that the stages read. */
final class ParentDirectories {
  private static final String STAGE = "parent";

  private ParentDirectories() {}

  /**
   * Returns {@code plan} with a directory for its parent: its own, or one in the run's where the
   * GGUF file that it names is unpacked, tokenizer included.
   *
   * @throws IOException if the file is damaged or of a kind that this library does not have
   */
  static CompressionPlan in(CompressionPlan plan, StageStore store) throws IOException {
    Path file = Path.of(plan.parent());
    if (!Files.isRegularFile(file)) {
      return plan;
    }
    Path directory = store.path(STAGE).resolve(file.getFileName().toString());
    store.ensure(
        STAGE,
        StageDependencies.parent(file, plan),
        1,
        progress -> {
          Files.createDirectories(directory.getParent());
          GgufModelUnpacker.unpack(file, directory, plan.dtype());
          progress.accept(1);
          return ParentFingerprints.files(directory);
        });
    return plan.withParent(directory.toString());
  }
}
