package org.nemotron.core.checkpoint;

import java.nio.file.Path;

/** What a model is called, by where it lies. */
public final class ModelNames {
  private static final String CACHED = "models--";

  private ModelNames() {}

  /**
   * Returns what the model in {@code path} is called: the last name of its directory or file, and
   * {@code organization/name} for a snapshot in the cache of Hugging Face, whose directory is
   * {@code models--organization--name/snapshots/HASH}.
   */
  public static String of(Path path) {
    Path whole = path.toAbsolutePath().normalize();
    Path name = whole.getFileName();
    if (name == null) {
      return "model";
    }
    Path snapshots = whole.getParent();
    Path repository = snapshots == null ? null : snapshots.getParent();
    Path cached = repository == null ? null : repository.getFileName();
    return snapshots != null
            && snapshots.endsWith("snapshots")
            && cached != null
            && cached.toString().startsWith(CACHED)
        ? cached.toString().substring(CACHED.length()).replace("--", "/")
        : name.toString();
  }
}
