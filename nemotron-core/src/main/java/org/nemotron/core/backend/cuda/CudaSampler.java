package org.nemotron.core.backend.cuda;

import java.util.List;
import java.util.Optional;
import java.util.function.IntUnaryOperator;
import org.nemotron.core.cuda.CudaKernel.Shape;
import org.nemotron.core.cuda.PinnedBytes;
import org.nemotron.core.inference.InferenceModel;
import org.nemotron.core.inference.TokenSampling;
import org.nemotron.core.tensor.Resources;

/** Turns logits on a GPU into tokens, or brings them to the caller. */
final class CudaSampler implements AutoCloseable {
  private static final int THREADS = 1024;

  private final CudaBackend device;
  private final CudaWorkspace space;
  private final int vocabulary;
  private final PinnedBytes tokens; // where the GPU writes them itself: a copy would take longer
  private final PinnedBytes oneRow;
  private final Resources parts;
  private final float[] logits;

  CudaSampler(CudaBackend device, CudaWorkspace space, int rows, int vocabulary) {
    this.device = device;
    this.space = space;
    this.vocabulary = vocabulary;
    try (Resources made = new Resources()) {
      this.tokens = made.add(new PinnedBytes((long) rows * Integer.BYTES), PinnedBytes::close);
      this.oneRow = made.add(new PinnedBytes((long) vocabulary * Float.BYTES), PinnedBytes::close);
      this.parts = made.complete();
    }
    this.logits = new float[vocabulary];
  }

  /**
   * Puts the choice of a token for each of {@code rows} rows of logits into the stream.
   *
   * @param ranks address of the ranks of the likeliest tokens, where they are known, else 0
   */
  void choose(long choices, long ranks, int rows) {
    device
        .launcher()
        .address(space.logits().address())
        .number(vocabulary)
        .address(choices)
        .address(ranks)
        .address(tokens.address());
    device.kernels().ofChoice().launch(device.launcher(), Shape.of(rows, THREADS));
  }

  /**
   * Waits for the GPU, and gives each wanted row's token, or its logits, to {@code reader}.
   *
   * @param rows where the logits of the i-th wanted row are
   * @param choices what the reader asked for, of each wanted row
   */
  void give(
      IntUnaryOperator rows,
      List<CudaChunks.Wanted> wanted,
      List<Optional<TokenSampling>> choices,
      InferenceModel.LogitsReader reader) {
    device.stream().synchronize();
    for (int i = 0; i < wanted.size(); i++) {
      int row = rows.applyAsInt(i);
      int token = tokens.bytes().getInt(Integer.BYTES * row);
      // A logit that is not a number gives -1: whoever reads the logits says so.
      if (choices.get(i).isPresent() && token >= 0) {
        reader.accept(wanted.get(i).index(), token);
      } else {
        reader.accept(wanted.get(i).index(), logits(row));
      }
    }
  }

  private float[] logits(int index) {
    long bytes = (long) vocabulary * Float.BYTES;
    device.stream().download(space.logits().address() + index * bytes, oneRow.pointer(), bytes);
    device.stream().synchronize();
    oneRow.bytes().asFloatBuffer().get(logits);
    return logits;
  }

  @Override
  public void close() {
    parts.close();
  }
}
