package org.nemotron.core.backend.cuda;

import org.nemotron.core.cuda.CudaKernel.Shape;
import org.nemotron.core.cuda.PinnedBytes;
import org.nemotron.core.tensor.Resources;

/** Turns logits on a GPU into tokens, or brings them to the caller. */
final class CudaSampler implements AutoCloseable {
  private static final int THREADS = 1024;

  private final CudaBackend device;
  private final int vocabulary;
  private final PinnedBytes tokens; // where the GPU writes them itself: a copy would take longer
  private final PinnedBytes oneRow;
  private final Resources parts;
  private final float[] logits;

  CudaSampler(CudaBackend device, int rows, int vocabulary) {
    this.device = device;
    this.vocabulary = vocabulary;
    try (Resources made = new Resources()) {
      this.tokens = made.add(new PinnedBytes((long) rows * Integer.BYTES), PinnedBytes::close);
      this.oneRow = made.add(new PinnedBytes((long) vocabulary * Float.BYTES), PinnedBytes::close);
      this.parts = made.complete();
    }
    this.logits = new float[vocabulary];
  }

  /**
   * Puts the choice of a token for each of {@code rows} rows of {@code logitsLV} into the stream.
   *
   * @param ranks address of the ranks of the likeliest tokens, where they are known, else 0
   */
  void choose(CudaTensor logitsLV, long choices, long ranks, int rows) {
    device
        .launcher()
        .address(logitsLV.address())
        .number(vocabulary)
        .address(choices)
        .address(ranks)
        .address(tokens.address());
    device.kernels().ofChoice().launch(device.launcher(), Shape.of(rows, THREADS));
  }

  /**
   * Returns the token that was chosen for row {@code row}, once the GPU has been waited for; -1
   * where a logit is not a number: whoever reads the logits says so.
   */
  int token(int row) {
    return tokens.bytes().getInt(Integer.BYTES * row);
  }

  /** Returns row {@code row} of {@code logitsLV}, in an array that the next call overwrites. */
  float[] logits(CudaTensor logitsLV, int row) {
    long bytes = (long) vocabulary * Float.BYTES;
    device.stream().download(logitsLV.address() + row * bytes, oneRow.pointer(), bytes);
    device.stream().synchronize();
    oneRow.bytes().asFloatBuffer().get(logits);
    return logits;
  }

  @Override
  public void close() {
    parts.close();
  }
}
