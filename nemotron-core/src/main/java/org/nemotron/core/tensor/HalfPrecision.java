package org.nemotron.core.tensor;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * What IEEE half precision loses of a matrix: it ends at 65,504, and below 2^-14 its numbers are
 * 2^-24 apart, so that weights far below 6e-8 vanish.
 *
 * <p>Single small weights vanish in every trained model, and do not matter beside the large ones of
 * their row and their column. What is looked for are rows and columns that are small as a whole:
 * what comes before or behind the matrix may be as much larger.
 */
public final class HalfPrecision {
  /*
   * A weight of normal size is off by 2^-11 of itself at most, a smaller one by 2^-25. So the norm
   * of what a row of n weights loses is at most 2^-11 of its norm and sqrt(n) 2^-25 more. Where the
   * largest weight of a row alone shows that this is below MAX_LOSS, the row is not looked at
   * again; of a usual matrix that is every row and column, after one pass at memory's speed.
   */
  private static final double MAX_VALUE = 65504;

  /** What a row or column may lose of its norm: as much as rounding to bfloat16 may cost. */
  private static final double MAX_LOSS = 0x1p-9;

  private static final double NORMAL_LOSS = 0x1p-11;
  private static final double SMALL_ERROR = 0x1p-25;

  /** Elements of the rows that are looked at together: what stays in a cache. */
  private static final long PIECE_ELEMENTS = 1 << 18;

  private HalfPrecision() {}

  /** A row is judged alone, or only as part of the columns. */
  private enum Rows {
    EACH,
    TOGETHER
  }

  /**
   * Returns what half precision loses of a matrix, as the end of a sentence that begins with its
   * name; empty where that is not worth naming.
   *
   * @param weightNK finite, on the CPU
   */
  public static Optional<String> loss(Tensor weightNK) {
    return loss(weightNK, Rows.EACH);
  }

  /**
   * Returns the same for a matrix that has a row for each token, embedding or head: rows of tokens
   * that are never used may be as small as they like.
   */
  public static Optional<String> lossOfTable(Tensor weightVD) {
    return loss(weightVD, Rows.TOGETHER);
  }

  private static Optional<String> loss(Tensor weight, Rows rows) {
    checkArgument(weight.dim() == 2, "%s dimensions must be 2", weight.dim());
    if (weight.numel() == 0) {
      return Optional.empty();
    }
    try (NativeScope scope = NativeScope.open()) {
      Largest largest = Largest.of(weight.detach());
      double most = largest.ofRows().amax().item_double();
      if (most > MAX_VALUE) {
        return Optional.of(
            String.format(
                Locale.ROOT,
                "has a weight of size %.3g, above half precision's %.0f",
                most,
                MAX_VALUE));
      }
      Optional<String> columns = loss(weight, 1, largest.ofColumns(), "column");
      return columns.isPresent() || rows == Rows.TOGETHER
          ? columns
          : loss(weight, 0, largest.ofRows(), "row");
    }
  }

  /**
   * Looks at the rows (dimension 0) or columns whose largest weight leaves doubt.
   *
   * @param largest the sizes of the largest weights of each
   */
  private static Optional<String> loss(Tensor weight, int dimension, Tensor largest, String word) {
    double enough = Math.sqrt(weight.size(1 - dimension)) * SMALL_ERROR / (MAX_LOSS - NORMAL_LOSS);
    Tensor doubtful = largest.gt(new Scalar(0)).logical_and(largest.lt(new Scalar(enough)));
    Tensor places = doubtful.nonzero().flatten();
    if (places.numel() == 0) {
      return Optional.empty();
    }
    Tensor some = weight.detach().index_select(dimension, places).to(ScalarType.Double);
    Tensor lost = some.sub(some.to(ScalarType.Half).to(ScalarType.Double));
    Tensor shares = norms(lost, dimension).div(norms(some, dimension));
    double worst = shares.amax().item_double();
    return worst <= MAX_LOSS
        ? Optional.empty()
        : Optional.of(
            String.format(
                Locale.ROOT,
                "has weights too small for half precision: %.3g %% of %s %d is lost",
                100 * worst,
                word,
                places.index_select(0, shares.argmax().view(1)).item_long()));
  }

  private static Tensor norms(Tensor some, int dimension) {
    return some.square().sum(new long[] {1 - dimension}).sqrt();
  }

  /**
   * What half precision loses of a tensor as a whole, which is added part by part: for files, which
   * refuse what vanishes. Small rows and columns beside larger ones count little here.
   */
  public static final class Total {
    private double squares;
    private double lostSquares;

    /** Begins with nothing. */
    public Total() {}

    /** Adds some of the tensor's elements, which are on the CPU. */
    public void add(Tensor part) {
      try (NativeScope scope = NativeScope.open()) {
        Tensor weights = part.detach();
        double norm = weights.to(ScalarType.Float).norm().item_double();
        double enough = Math.sqrt(weights.numel()) * SMALL_ERROR / (MAX_LOSS - NORMAL_LOSS);
        if (norm >= enough) {
          squares += norm * norm;
          return;
        }
        Tensor exact = weights.to(ScalarType.Double);
        Tensor lost = exact.sub(exact.to(ScalarType.Half).to(ScalarType.Double));
        squares += exact.square().sum().item_double();
        lostSquares += lost.square().sum().item_double();
      }
    }

    /** Returns whether more is lost than rounding to bfloat16 would cost. */
    public boolean isLost() {
      return lostSquares > MAX_LOSS * MAX_LOSS * squares;
    }
  }

  /** Returns whether half precision loses a tensor as a whole: see {@link Total}. */
  public static boolean loses(Tensor weights) {
    Total total = new Total();
    total.add(weights);
    return total.isLost();
  }

  /** The sizes of the largest weights of all rows and of all columns. */
  private record Largest(Tensor ofRows, Tensor ofColumns) {
    static Largest of(Tensor weight) {
      long rows = weight.size(0);
      long atOnce = Math.max(1, PIECE_ELEMENTS / weight.size(1));
      List<Tensor> ofRows = new ArrayList<>();
      Tensor ofColumns = weight.narrow(0, 0, 1).abs().flatten();
      for (long row = 0; row < rows; row += atOnce) {
        Tensor sizes = weight.narrow(0, row, Math.min(atOnce, rows - row)).abs();
        ofRows.add(sizes.amax(new long[] {1}, false));
        ofColumns = ofColumns.maximum(sizes.amax(new long[] {0}, false));
      }
      return new Largest(Tensors.joined(ImmutableList.copyOf(ofRows)), ofColumns);
    }
  }
}
