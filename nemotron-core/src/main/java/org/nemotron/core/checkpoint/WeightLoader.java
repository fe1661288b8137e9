package org.nemotron.core.checkpoint;

import static com.google.common.base.Preconditions.checkArgument;

import java.io.IOException;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;
import org.nemotron.core.checkpoint.huggingface.CheckedWeights;
import org.nemotron.core.parallel.IndexRange;
import org.nemotron.core.parallel.TensorSlice;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.Finiteness;
import org.nemotron.core.tensor.HalfPrecision;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/**
 * Makes the weights of a checkpoint a model's own; checks that every element is a number.
 *
 * <p>What need not be converted or cut is not copied: it stays a private mapping of its file, which
 * ends with the tensor. Whoever writes to it writes to memory.
 */
final class WeightLoader {
  private final CheckedWeights weights;
  private final DType dtype;
  private final Device device;

  WeightLoader(CheckedWeights weights, DType dtype, Device device) {
    checkArgument(dtype.isFloatingPoint(), "dtype (%s) must be floating-point", dtype.configName());
    this.weights = weights;
    this.dtype = dtype;
    this.device = device;
  }

  /** Checks the names and shapes of all tensors, and what {@link CheckedWeights#check} does. */
  void check(IndexRange vocabulary) throws IOException {
    weights.check(vocabulary);
  }

  /** Returns a slice of one tensor, owned by the scope around this call. */
  Tensor load(String name, TensorSlice slice) throws IOException {
    try (NativeScope scope = NativeScope.open()) {
      Tensor stored = weights.slice(name, slice);
      Tensor own = Tensors.move(stored.contiguous(), device, dtype);
      checkFinite(name, stored, own);
      return scope.handOver(own);
    }
  }

  /**
   * Returns a tensor in host memory in the type that its file has, a mapping of the file where that
   * stores it plainly; owned by the scope around this call. What {@link #load} refuses is refused.
   */
  Tensor stored(String name, TensorSlice slice) throws IOException {
    try (NativeScope scope = NativeScope.open()) {
      Tensor stored = weights.slice(name, slice).contiguous();
      checkFinite(name, stored, Tensors.cast(stored, dtype));
      return scope.handOver(stored);
    }
  }

  private void checkFinite(String name, Tensor stored, Tensor own)
      throws CheckpointFormatException {
    if (Finiteness.of(own)) {
      checkHeld(name, stored);
      return;
    }
    if (Finiteness.of(stored.contiguous())) {
      throw weights.wrong(
          name,
          "holds weights that are too large for "
              + dtype.configName()
              + ".\nMaybe bfloat16 serves: it has the range of float32.");
    }
    throw weights.wrong(name, "holds NaN or infinite weights.\nMaybe its training diverged.");
  }

  /** Vectors are left: a bias of nothing but tiny elements does nothing. */
  private void checkHeld(String name, Tensor stored) throws CheckpointFormatException {
    boolean smaller = dtype == DType.FLOAT16 && DType.of(stored) != DType.FLOAT16;
    if (smaller && stored.dim() == 2 && HalfPrecision.loses(stored)) {
      throw weights.wrong(
          name,
          "holds weights that are too small for float16.\n"
              + "Maybe bfloat16 serves: it has the range of float32.");
    }
  }
}
