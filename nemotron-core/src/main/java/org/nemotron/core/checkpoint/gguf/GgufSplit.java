package org.nemotron.core.checkpoint.gguf;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;

/**
 * The parts of a model that gguf-split wrote as several files. The first has the keys and says how
 * many there are; the others lie beside it under names that differ by a number.
 */
final class GgufSplit {
  private static final String COUNT = "split.count";
  private static final String NUMBER = "split.no";
  private static final String TENSORS = "split.tensors.count";

  private final Path first;
  private final GgufKeys keys;
  private final long count;

  private GgufSplit(Path first, GgufKeys keys) throws CheckpointFormatException {
    this.first = first;
    this.keys = keys;
    this.count = keys.whole(COUNT, 1);
  }

  /**
   * Returns the files beside {@code first}, in order; none for a model of one file.
   *
   * @throws CheckpointFormatException if the file is not the first part, or not called as parts
   *     are, or another part is missing
   */
  static ImmutableList<Path> others(Path first, GgufKeys keys) throws IOException {
    return new GgufSplit(first, keys).others();
  }

  private ImmutableList<Path> others() throws IOException {
    if (count <= 1) {
      return ImmutableList.of();
    }
    long number = keys.whole(NUMBER, 0);
    if (number != 0) {
      throw refused(
          NUMBER + " (" + number + ") must be 0: the file is part " + (number + 1) + " of " + count,
          "name the first part, whose name ends with "
              + ending(1)
              + ": the others beside it are read with it");
    }
    String name = first.getFileName().toString();
    if (!name.endsWith(ending(1))) {
      throw refused(
          "the file is part 1 of " + count + ", so its name must end with " + ending(1),
          "name all parts again as they were published: the others are found by their names");
    }
    ImmutableList.Builder<Path> others = ImmutableList.builder();
    for (long part = 2; part <= count; part++) {
      others.add(present(name.substring(0, name.length() - ending(1).length()), part));
    }
    return others.build();
  }

  private Path present(String prefix, long part) throws IOException {
    Path path = first.resolveSibling(prefix + ending(part));
    if (!Files.exists(path)) {
      throw refused(
          path.getFileName() + ", part " + part + " of " + count + ", is missing",
          "download all parts to one directory");
    }
    return path;
  }

  private String ending(long part) {
    return String.format("-%05d-of-%05d.gguf", part, count);
  }

  private CheckpointFormatException refused(String fault, String remedy) {
    return new CheckpointFormatException(first + ": " + fault + ".\nMaybe " + remedy + ".");
  }

  /**
   * Checks that the parts after the first are those that their places say, and together have as
   * many tensors as the first announces.
   */
  static void check(ImmutableList<GgufPart> parts) throws CheckpointFormatException {
    GgufPart first = parts.get(0);
    int tensors = 0;
    for (int index = 0; index < parts.size(); index++) {
      GgufPart part = parts.get(index);
      GgufKeys keys = GgufKeys.of(part);
      if (index > 0 && keys.whole(NUMBER, -1) != index) {
        throw new CheckpointFormatException(
            first.path()
                + ": "
                + part.path().getFileName()
                + " must be part "
                + (index + 1)
                + " of it: "
                + NUMBER
                + " must be "
                + index
                + ", not "
                + keys.whole(NUMBER, -1));
      }
      tensors += part.header().tensors().size();
    }
    long announced = GgufKeys.of(first).whole(TENSORS, tensors);
    if (announced != tensors) {
      throw new CheckpointFormatException(
          first.path()
              + ": "
              + TENSORS
              + " ("
              + announced
              + ") must be the number of tensors in its parts ("
              + tensors
              + ").\nMaybe a part belongs to another file, or was not downloaded whole.");
    }
  }
}
