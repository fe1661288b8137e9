package org.nemotron.core.backend.cuda;

import com.google.common.collect.ImmutableList;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.backend.parallel.RankShare;
import org.nemotron.core.cuda.CudaKernel.Shape;
import org.nemotron.core.cuda.KernelLauncher;
import org.nemotron.core.parallel.IndexRange;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Resources;

/**
 * The head of a model in a session: logits of normalized rows, in float32. Where ranks share a
 * model, each computes those of its tokens, and the first rank brings them together.
 *
 * <p>With weights of 8 bits the normalized rows are rounded to 8 bits too, and the logits are
 * multiplied by both scales behind the product, by the rank that has made them.
 */
final class CudaHead implements AutoCloseable {
  // Shape letters in this file: L = rows, D = model width, O = the rank's tokens, V = vocabulary.

  /** Rows whose logits are brought together at a time. */
  private static final int ROWS = PieceLogits.HEAD_ROWS;

  private static final int THREADS = 256;
  private static final int SCALED_EACH = 4;

  private final CudaBackend device;
  private final PackedLinear weight;
  private final RankShare share;
  private final CudaRanks ranks;
  private final CudaTensor ownLO;
  private final CudaTensor others;
  private final Resources parts;

  CudaHead(CudaBackend device, PackedLinear weight, RankShare share, CudaRanks ranks) {
    this.device = device;
    this.weight = weight;
    this.share = share;
    this.ranks = ranks;
    long own = ranks.isAlone() ? 0 : (long) ROWS * share.vocabulary().size();
    long all = (long) ROWS * share.spec().vocabularySize();
    long rest = ranks.isFirst() && !ranks.isAlone() ? all - own : 0;
    try (Resources made = new Resources()) {
      this.ownLO =
          made.add(
              CudaTensor.empty(device.device(), DType.FLOAT32, Math.max(1, own)),
              CudaTensor::close);
      this.others =
          made.add(
              CudaTensor.empty(device.device(), DType.FLOAT32, Math.max(1, rest)),
              CudaTensor::close);
      this.parts = made.complete();
    }
  }

  /**
   * Puts the logits of rows into the stream; all ranks do.
   *
   * @param normalizedLD bfloat16, the same on all ranks
   * @param space whose room for 8-bit floats is used
   * @param logitsLV room for them in float32, which the first rank fills
   */
  void logits(Tensor normalizedLD, CudaWorkspace space, CudaTensor logitsLV) {
    int rows = Math.toIntExact(normalizedLD.size(0));
    if (ranks.isAlone()) {
      multiply(normalizedLD, space, logitsLV.rows(rows));
      return;
    }
    for (int from = 0; from < rows; from += ROWS) {
      int count = Math.min(ROWS, rows - from);
      Tensor ownRows = CudaFfn.rows(ownLO, count, weight.outputs());
      multiply(normalizedLD.narrow(0, from, count), space, ownRows);
      bringTogether(from, count, logitsLV);
    }
  }

  private void multiply(Tensor normalizedLD, CudaWorkspace space, Tensor logitsLO) {
    if (weight.scales() == 0) {
      weight.multiplyToFloat(normalizedLD, logitsLO);
      return;
    }
    KernelLauncher launcher = device.launcher();
    int rows = Math.toIntExact(normalizedLD.size(0));
    launcher
        .tensor(normalizedLD)
        .address(space.fp8().address())
        .address(space.fp8Scales().address())
        .number(weight.inputs())
        .number(Math.toIntExact(normalizedLD.stride(0)));
    device.kernels().of("to_fp8").launch(launcher, Shape.of(rows, THREADS));
    Tensor eightLD = CudaFfn.rows(space.fp8(), rows, weight.inputs());
    weight.multiplyUnscaledToFloat(eightLD, space.one().tensor(), logitsLO);
    launcher
        .tensor(logitsLO)
        .address(space.fp8Scales().address())
        .address(weight.scales())
        .number(weight.outputs());
    device
        .kernels()
        .ofEight("scale_logits")
        .launch(
            launcher,
            new Shape(blocks(weight.outputs(), THREADS * SCALED_EACH), rows, 1, THREADS, 0));
  }

  private static int blocks(int tokens, int each) {
    return (tokens + each - 1) / each;
  }

  private void bringTogether(int from, int count, CudaTensor logitsLV) {
    if (!ranks.isFirst()) {
      ranks.send(ownLO.address(), (long) count * weight.outputs());
      return;
    }
    ImmutableList<Long> counts =
        IntStream.range(0, share.plan().degree())
            .mapToObj(rank -> count * share.plan().vocabulary(rank).size())
            .collect(ImmutableList.toImmutableList());
    ranks.receive(others.address(), counts);
    long part = ownLO.address();
    for (int rank = 0; rank < counts.size(); rank++) {
      place(part, share.plan().vocabulary(rank), from, count, logitsLV);
      part = rank == 0 ? others.address() : part + counts.get(rank) * Float.BYTES;
    }
  }

  private void place(long part, IndexRange tokens, int from, int count, CudaTensor logitsLV) {
    int vocabulary = share.spec().vocabularySize();
    int own = Math.toIntExact(tokens.size());
    device
        .launcher()
        .address(part)
        .address(logitsLV.address() + (long) from * vocabulary * Float.BYTES)
        .number(own)
        .number(vocabulary)
        .number(Math.toIntExact(tokens.begin()));
    device
        .kernels()
        .ofRanks("place_logits")
        .launch(device.launcher(), new Shape(blocks(own, THREADS), count, 1, THREADS, 0));
  }

  @Override
  public void close() {
    parts.close();
  }
}
