package org.nemotron.core.backend.cuda;

import java.util.Locale;
import java.util.Optional;
import java.util.stream.LongStream;
import org.nemotron.core.backend.parallel.RankShare;
import org.nemotron.core.inference.ModelFormat;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.parallel.SlicePlan;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.ModelSpec;

/**
 * Whether a GPU's memory holds the weights of a model, before any is read.
 *
 * @param share a rank's part of the model
 * @param format of its products; embedding and norms are bfloat16
 */
record WeightRoom(RankShare share, ModelFormat format) {
  private static final double GIGABYTE = 1e9;

  WeightRoom(RankShare share, WeightFormat format) {
    this(share, ModelFormat.of(format));
  }

  /** Returns what the weights take at least; scales and padding come on top. */
  long bytes() {
    ModelSpec spec = share.spec();
    SlicePlan plan = share.plan();
    long untied = spec.tiedEmbeddings() ? 0 : spec.width();
    long outside = spec.nonBlockParameters() - untied * spec.vocabularySize();
    long head = untied * share.vocabulary().size();
    long layers =
        LongStream.range(0, spec.layers()).map(layer -> parameters(plan, (int) layer)).sum();
    return outside * WeightFormat.BFLOAT16.bytes()
        + head * format.head().bytes()
        + layers * format.layers().bytes();
  }

  private long parameters(SlicePlan plan, int layer) {
    BlockSpec block = share.spec().block(layer);
    int width = share.spec().width();
    return plan.layers().parameters(block.attention(), width, share.rank())
        + plan.layers().parameters(block.ffn(), width, share.rank());
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
    WeightRoom eight = new WeightRoom(share, WeightFormat.FLOAT8_E4M3);
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
