package org.nemotron.core.backend.cpu;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.tensor.HalfPrecision;

/**
 * Chooses the format in which each product of a model is held: the one asked for, or float32 where
 * that is half precision and would lose weights. What is held otherwise is noted.
 *
 * <p>The choice is the whole product's: it must not depend on how many threads share it.
 */
final class HeldFormats {
  private final WeightFormat wanted;
  private final List<String> notes = new ArrayList<>();

  HeldFormats(WeightFormat wanted) {
    this.wanted = wanted;
  }

  /** Returns the format of the product by these matrices, which are held alike. */
  WeightFormat of(ImmutableList<String> names, ImmutableList<Tensor> weightsNK) {
    return of(names, weightsNK, HalfPrecision::loss);
  }

  /** Returns the format of the product by a matrix with a row for each token. */
  WeightFormat ofTable(String name, Tensor weightVD) {
    return of(ImmutableList.of(name), ImmutableList.of(weightVD), HalfPrecision::lossOfTable);
  }

  private WeightFormat of(
      ImmutableList<String> names,
      ImmutableList<Tensor> weights,
      Function<Tensor, Optional<String>> loss) {
    if (wanted != WeightFormat.FLOAT16) {
      return wanted;
    }
    WeightFormat chosen = wanted;
    for (int index = 0; index < names.size(); index++) {
      Optional<String> lost = loss.apply(weights.get(index));
      if (lost.isPresent()) {
        notes.add(names.get(index) + " " + lost.get() + "; held as float32");
        chosen = WeightFormat.FLOAT32;
      }
    }
    return chosen;
  }

  /** Returns a sentence for each matrix that half precision cannot hold. */
  ImmutableList<String> notes() {
    return ImmutableList.copyOf(notes);
  }
}
