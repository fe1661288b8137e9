package org.nemotron.core.checkpoint.huggingface;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;

/** What a directory holds that is not a model of safetensors, and how to make it one. */
final class OtherFormats {
  private static final String SAVE =
      ".\nMaybe load it in transformers and call save_pretrained: it writes model.safetensors.";

  private OtherFormats() {}

  /** Returns the end of the sentence about a directory without config.json. */
  static String remedyWithoutConfig(Path directory) throws IOException {
    if (Files.exists(directory.resolve("adapter_config.json"))) {
      return ".\nMaybe it is an adapter: merge it into its model with merge_and_unload of peft, then"
          + " call save_pretrained.";
    }
    if (Files.exists(directory.resolve("params.json"))) {
      return ".\nMaybe it is in the format of its authors (params.json): the same model is also"
          + " published in that of transformers.";
    }
    Optional<Path> inner = innerModel(directory);
    return inner.isPresent() ? ".\nMaybe " + inner.get() + " is meant." : "";
  }

  /** Returns a model within a directory of a download cache or of a trainer. */
  private static Optional<Path> innerModel(Path directory) throws IOException {
    Path snapshots = directory.resolve("snapshots");
    Path parent = Files.isDirectory(snapshots) ? snapshots : directory;
    if (!Files.isDirectory(parent)) {
      return Optional.empty();
    }
    try (Stream<Path> inner = Files.list(parent)) {
      return inner
          .filter(path -> Files.exists(path.resolve(CheckpointDirectory.CONFIG)))
          .max(Comparator.naturalOrder());
    }
  }

  /** Returns the end of the sentence about a directory without weights. */
  static String insteadOfWeights(Path directory) throws IOException {
    for (String pickled : new String[] {"pytorch_model.bin", "pytorch_model.bin.index.json"}) {
      if (Files.exists(directory.resolve(pickled))) {
        return " holds its weights as pytorch_model.bin, which this library does not read" + SAVE;
      }
    }
    boolean shards = holds(directory, "model-", ".safetensors");
    String neither = " has neither model.safetensors nor model.safetensors.index.json.\n";
    return neither
        + (shards
            ? "Maybe the download left out the index of its files model-….safetensors."
            : holds(directory, "consolidated", "")
                ? "Maybe only the format of its authors (consolidated…) was downloaded."
                : "Maybe the download was interrupted.");
  }

  private static boolean holds(Path directory, String begin, String end) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .map(file -> file.getFileName().toString())
          .anyMatch(name -> name.startsWith(begin) && name.endsWith(end));
    }
  }
}
