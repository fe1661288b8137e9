package org.nemotron.core.activation;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import com.google.common.math.IntMath;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Resources;
import org.nemotron.core.tensor.Tensors;

/**
 * What hidden states predict, held against a model's own predictions for the same tokens: KL, loss
 * and whether the likeliest token is right, token by token, in float32.
 *
 * <p>Logits are made for some tokens at a time, so that memory does not grow with tokens times the
 * vocabulary; only the model's own are kept whole, in its element type. On a GPU one kernel reads
 * both rows of logits once; elsewhere LibTorch's operations do, on pieces so small that what they
 * make stays in the caches and in memory that the allocator keeps: large temporaries go back to the
 * operating system when they are freed, and each page is then faulted in again for the next one,
 * which can take longer than the arithmetic.
 */
public final class LogitComparison implements AutoCloseable {
  // Shape letters in this file: R = tokens, C = tokens of a chunk, D = model width, V = vocabulary.

  /** Above some thousand rows, products of matrices gain nothing from more. */
  private static final int MOST_ROWS = 4096;

  /** Logits of a chunk where LibTorch's operations make several float32 copies of them. */
  private static final int MOST_ELEMENTS = 1 << 25;

  /** Logits that LibTorch's operations compare at a time on the CPU: 1 MiB in float32. */
  private static final int PIECE_ELEMENTS = 1 << 18;

  private final HeterogeneousModel model;
  private final Tensor targetsR;
  private final Tensor logitsRV;
  private final Tensor normalizersR;
  private final Rows own;
  private final int chunkRows;
  private final Resources parts;
  private boolean closed;

  /**
   * How each token is predicted, float32.
   *
   * @param klR KL(model ‖ prediction), in nats
   * @param lossR minus the log-probability of the target, in nats
   * @param rightR 1 where the likeliest token is the target, else 0
   */
  public record Rows(Tensor klR, Tensor lossR, Tensor rightR) {
    private Rows keptBy(Resources parts) {
      return new Rows(kept(klR, parts), kept(lossR, parts), kept(rightR, parts));
    }

    private Rows handedOverBy(NativeScope scope) {
      return new Rows(scope.handOver(klR), scope.handOver(lossR), scope.handOver(rightR));
    }

    private static Rows joined(List<Rows> parts) {
      return new Rows(
          Tensors.joined(parts.stream().map(Rows::klR).toList()),
          Tensors.joined(parts.stream().map(Rows::lossR).toList()),
          Tensors.joined(parts.stream().map(Rows::rightR).toList()));
    }
  }

  /**
   * Makes the model's own predictions, with chunks of a size that suits the device.
   *
   * @param lastHiddenRD {@code [R, D]}, the output of the model's last layer
   * @param targetsR {@code [R]} token ids, int64: what each position should predict
   */
  public LogitComparison(HeterogeneousModel model, Tensor lastHiddenRD, Tensor targetsR) {
    this(model, lastHiddenRD, targetsR, usualChunk(model));
  }

  LogitComparison(HeterogeneousModel model, Tensor lastHiddenRD, Tensor targetsR, int chunkRows) {
    checkArgument(
        lastHiddenRD.dim() == 2 && targetsR.dim() == 1 && targetsR.size(0) == lastHiddenRD.size(0),
        "there must be one target for each hidden state");
    this.model = model;
    this.chunkRows = chunkRows;
    try (NativeScope scope = NativeScope.open();
        Resources made = new Resources()) {
      this.targetsR = kept(Tensors.move(targetsR, model.device(), DType.INT64), made);
      List<Tensor> logits = new ArrayList<>();
      List<Tensor> normalizers = new ArrayList<>();
      for (int first = 0; first < lastHiddenRD.size(0); first += chunkRows) {
        Tensor chunkCV = model.rawLogits(chunk(lastHiddenRD, first));
        logits.add(chunkCV);
        normalizers.add(
            NativeScope.only(() -> Tensors.cast(chunkCV, DType.FLOAT32).logsumexp(new long[] {1})));
      }
      this.logitsRV = kept(logits.size() == 1 ? logits.get(0) : Tensors.joined(logits), made);
      this.normalizersR = kept(Tensors.joined(normalizers), made);
      this.own = compared(lastHiddenRD, 0).keptBy(made);
      this.parts = made.complete();
    }
  }

  private static Tensor kept(Tensor tensor, Resources parts) {
    return parts.add(NativeScope.keep(tensor), NativeScope::release);
  }

  private static int usualChunk(HeterogeneousModel model) {
    if (CudaLogitComparison.suits(model)) {
      return MOST_ROWS;
    }
    int fitting =
        IntMath.divide(MOST_ELEMENTS, model.spec().vocabularySize(), RoundingMode.CEILING);
    return Math.min(MOST_ROWS, fitting);
  }

  private Tensor chunk(Tensor anyR, int first) {
    return anyR.narrow(0, first, Math.min(chunkRows, anyR.size(0) - first));
  }

  /** Returns how the model itself predicts; valid while this object is open. */
  public Rows own() {
    checkOpen();
    return own;
  }

  /**
   * Returns how other hidden states predict.
   *
   * @param lastHiddenRD {@code [R, D]}: the output of the last layer for the same tokens
   * @return owned by the current scope
   */
  public Rows compare(Tensor lastHiddenRD) {
    return compare(lastHiddenRD, 0);
  }

  /**
   * Returns how hidden states of some of the tokens predict.
   *
   * @param lastHiddenRD the output of the last layer for tokens {@code first} and following
   */
  public Rows compare(Tensor lastHiddenRD, int first) {
    checkOpen();
    return compared(lastHiddenRD, first);
  }

  private void checkOpen() {
    checkState(!closed, "this comparison is closed");
  }

  private Rows compared(Tensor lastHiddenRD, int first) {
    long rows = lastHiddenRD.size(0);
    List<Rows> parts = new ArrayList<>();
    for (int done = 0; done < rows; done += chunkRows) {
      parts.add(compareChunk(chunk(lastHiddenRD, done), first + done));
    }
    return Rows.joined(parts);
  }

  private Rows compareChunk(Tensor hiddenCD, long first) {
    try (NativeScope scope = NativeScope.open()) {
      long rows = hiddenCD.size(0);
      Tensor parentCV = logitsRV.narrow(0, first, rows);
      Tensor normalizersC = normalizersR.narrow(0, first, rows);
      Tensor targetsC = targetsR.narrow(0, first, rows);
      Tensor logitsCV = model.rawLogits(hiddenCD);
      Rows made =
          CudaLogitComparison.suits(model)
              ? CudaLogitComparison.of(model.device(), parentCV, normalizersC, logitsCV, targetsC)
              : inPieces(parentCV, normalizersC, logitsCV, targetsC, pieceRows());
      return made.handedOverBy(scope);
    }
  }

  private int pieceRows() {
    return model.device().equals(Device.CPU)
        ? Math.max(1, PIECE_ELEMENTS / model.spec().vocabularySize())
        : chunkRows;
  }

  /** As {@link #compared}, {@code pieceRows} tokens at a time. */
  static Rows inPieces(
      Tensor parentCV, Tensor normalizersC, Tensor logitsCV, Tensor targetsC, int pieceRows) {
    List<Rows> pieces = new ArrayList<>();
    for (long first = 0; first < logitsCV.size(0); first += pieceRows) {
      long rows = Math.min(pieceRows, logitsCV.size(0) - first);
      try (NativeScope scope = NativeScope.open()) {
        pieces.add(
            compared(
                    parentCV.narrow(0, first, rows),
                    normalizersC.narrow(0, first, rows),
                    logitsCV.narrow(0, first, rows),
                    targetsC.narrow(0, first, rows))
                .handedOverBy(scope));
      }
    }
    return Rows.joined(pieces);
  }

  /** The same by LibTorch's operations, on any device. */
  static Rows compared(Tensor parentCV, Tensor normalizersC, Tensor logitsCV, Tensor targetsC) {
    Tensor parentLogCV = Tensors.cast(parentCV, DType.FLOAT32).sub(normalizersC.unsqueeze(1));
    Tensor logCV = torch.log_softmax(Tensors.cast(logitsCV, DType.FLOAT32), 1);
    Tensor likeliestC = logCV.argmax(new LongOptional(1), false);
    return new Rows(
        Divergences.kl(parentLogCV, logCV),
        torch.gather(logCV, 1, targetsC.unsqueeze(1)).squeeze(1).neg(),
        Tensors.cast(likeliestC.eq(targetsC), DType.FLOAT32));
  }

  @Override
  public void close() {
    closed = true;
    parts.close();
  }
}
