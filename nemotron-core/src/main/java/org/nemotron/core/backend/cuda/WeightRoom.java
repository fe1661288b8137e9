package org.nemotron.core.backend.cuda;

import java.util.Locale;
import java.util.Optional;
import org.nemotron.core.inference.ModelFormat;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.spec.ModelSpec;

/**
 * Whether a GPU's memory holds the weights of a model, before any is read.
 *
 * @param spec the model
 * @param format of its products; embedding and norms are bfloat16
 */
record WeightRoom(ModelSpec spec, ModelFormat format) {
  private static final double GIGABYTE = 1e9;

  WeightRoom(ModelSpec spec, WeightFormat format) {
    this(spec, ModelFormat.of(format));
  }

  /** Returns what the weights take at least; scales and padding come on top. */
  long bytes() {
    long outside = spec.nonBlockParameters();
    long head = spec.tiedEmbeddings() ? 0 : (long) spec.vocabularySize() * spec.width();
    return (outside - head) * WeightFormat.BFLOAT16.bytes()
        + head * format.head().bytes()
        + (spec.parameters() - outside) * format.layers().bytes();
  }

  /**
   * Returns what is wrong where the weights do not fit: by how many bytes, and what would help.
   *
   * @param where the GPU's name
   * @param totalBytes of its memory: what is free may change until weights are there, and some of
   *     them may be there already
   */
  Optional<String> shortage(String where, long totalBytes) {
    long missing = bytes() - totalBytes;
    if (missing <= 0) {
      return Optional.empty();
    }
    WeightRoom eight = new WeightRoom(spec, WeightFormat.FLOAT8_E4M3);
    String remedy =
        format.layers() != WeightFormat.FLOAT8_E4M3 && eight.bytes() <= totalBytes
            ? "Maybe hold them as FLOAT8_E4M3, which takes " + gigabytes(eight.bytes())
            : "Maybe take a GPU with more memory";
    return Optional.of(
        String.format(
            "%s: %s of weights in %s are %s (%d bytes) more than its memory of %s.\n%s.",
            where,
            gigabytes(bytes()),
            format.layers(),
            gigabytes(missing),
            missing,
            gigabytes(totalBytes),
            remedy));
  }

  private static String gigabytes(long bytes) {
    return String.format(Locale.ROOT, "%.2f GB", bytes / GIGABYTE);
  }
}
