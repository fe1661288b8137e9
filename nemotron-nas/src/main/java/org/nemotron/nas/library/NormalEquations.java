package org.nemotron.nas.library;

import com.google.common.primitives.ImmutableIntArray;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/**
 * The least-squares fit of a last projection: which weights bring the parent's output closest,
 * given what is left of its inputs.
 */
final class NormalEquations implements AutoCloseable {
  // Shape letters in this file: R = tokens (rows), I = inputs, S = inputs kept, D = outputs.

  /*
   * With inputs X and the parent's output Y, the weights A of the kept inputs S minimize
   *
   *     |X_S A - Y|^2 + r |A - A_0|^2,   so   (G_SS + r 1) A = C_S + r A_0
   *
   * with G = X^T X and C = X^T Y, both gathered once for all S. The small ridge r pulls toward the
   * starting weights A_0 where the data say nothing; without it a channel that is silent on the
   * calibration tokens would make G singular. Solved by Cholesky in float64.
   */
  private static final double RIDGE = 1e-3;

  /** LibTorch loads its solvers for GPUs at the first call, which may not come twice at once. */
  private static final Object SOLVERS = new Object();

  private final Tensor gramII;
  private final Tensor crossID;

  NormalEquations(Tensor exampleRI, Tensor exampleRD) {
    try (NativeScope scope = NativeScope.open()) {
      Tensor squareII = zeros(exampleRI, exampleRI.size(1));
      crossID = NativeScope.keep(zeros(exampleRI, exampleRD.size(1)));
      gramII = NativeScope.keep(squareII);
    }
  }

  private static Tensor zeros(Tensor exampleRI, long columns) {
    return Tensors.zeros(Tensors.device(exampleRI), DType.FLOAT32, exampleRI.size(1), columns);
  }

  /** Takes in some tokens. */
  void observe(Tensor givenRI, Tensor givenRD) {
    try (NativeScope scope = NativeScope.open()) {
      Tensor inputsRI = Tensors.cast(givenRI, DType.FLOAT32);
      Tensor outputsRD = Tensors.cast(givenRD, DType.FLOAT32);
      gramII.add_(inputsRI.t().mm(inputsRI));
      crossID.add_(inputsRI.t().mm(outputsRD));
    }
  }

  /** Takes in the tokens of {@code other}. */
  void add(NormalEquations other) {
    try (NativeScope scope = NativeScope.open()) {
      gramII.add_(other.gramII);
      crossID.add_(other.crossID);
    }
  }

  /**
   * Returns the best projection of the inputs {@code kept}, owned by the current scope.
   *
   * @param startDS what the ridge pulls toward
   * @return {@code [D, S]}, of the dtype of {@code startDS}
   */
  Tensor solve(ImmutableIntArray kept, Tensor startDS) {
    long[] indices = kept.stream().asLongStream().toArray();
    Tensor index =
        Tensors.move(Tensors.of(indices, indices.length), Tensors.device(gramII), DType.INT64);
    Tensor gramSS = gramII.index_select(0, index).index_select(1, index);
    return solve(gramSS, crossID.index_select(0, index), startDS, RIDGE);
  }

  /**
   * Returns the best projection of all inputs, owned by the current scope.
   *
   * @param startDI what the ridge pulls toward
   * @param ridge its weight, as a share of the mean of the Gram matrix's diagonal
   * @return {@code [D, I]}, of the dtype of {@code startDI}
   */
  Tensor solve(Tensor startDI, double ridge) {
    return solve(gramII, crossID, startDI, ridge);
  }

  private static Tensor solve(Tensor gram32, Tensor cross32, Tensor startDS, double share) {
    Tensor gramSS = gram32.to(ScalarType.Double);
    Tensor crossSD = cross32.to(ScalarType.Double);
    Tensor ridge = gramSS.diagonal().mean().mul(new Scalar(share));
    Tensor regularizedSS = gramSS.add(torch.eye(gramSS.size(0), gramSS.options()).mul(ridge));
    Tensor rightSD = crossSD.add(startDS.t().to(ScalarType.Double).mul(ridge));
    synchronized (SOLVERS) {
      Tensor lowerSS = torch.linalg_cholesky(regularizedSS);
      return torch.cholesky_solve(rightSD, lowerSS).t().contiguous().to(startDS.scalar_type());
    }
  }

  @Override
  public void close() {
    NativeScope.release(gramII);
    NativeScope.release(crossID);
  }
}
