package org.nemotron.core.backend.cuda;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.EightBitRows;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/**
 * Weights as 8-bit floats (e4m3) with a scale for each row, made some rows at a time: beside the
 * result there is never more than a slice of a wider type on the device.
 *
 * @param weightNK {@code [N, K]} e4m3
 * @param scales1N {@code [1, N]} float32: what a row is multiplied by to be the weights again
 */
record EightBits(Tensor weightNK, Tensor scales1N) {
  /** Elements of a slice, if it has more than one row. */
  private static final long SLICE = 1L << 25;

  /**
   * Returns matrices as one, one matrix below the other, owned by the current scope.
   *
   * @param weightsNK each is asked for once, and let go before the next
   */
  static EightBits of(ImmutableList<Supplier<Tensor>> weightsNK, Device device) {
    try (NativeScope scope = NativeScope.open()) {
      List<Tensor> bytes = new ArrayList<>();
      List<Tensor> scales = new ArrayList<>();
      for (Supplier<Tensor> weight : weightsNK) {
        addSlices(weight, device, bytes, scales);
      }
      Tensor weight = Tensors.joined(bytes).view(ScalarType.Float8_e4m3fn);
      Tensor scale = Tensors.joined(scales).view(1, -1);
      return new EightBits(scope.handOver(weight), scope.handOver(scale));
    }
  }

  /** What is added belongs to the scope around this call. */
  private static void addSlices(
      Supplier<Tensor> weight, Device device, List<Tensor> bytes, List<Tensor> scales) {
    try (NativeScope source = NativeScope.open()) {
      Tensor whole = weight.get().detach();
      long rows = whole.size(0);
      long atOnce = Math.max(1, SLICE / whole.size(1));
      for (long from = 0; from < rows; from += atOnce) {
        try (NativeScope slice = NativeScope.open()) {
          Tensor part = whole.narrow(0, from, Math.min(atOnce, rows - from));
          Tensor wide = Tensors.move(part, device, DType.BFLOAT16).to(ScalarType.Float);
          Tensor scale = EightBitRows.scales(wide);
          Tensor rounded = EightBitRows.numbers(wide, scale).view(ScalarType.Byte);
          bytes.add(source.handOver(slice.handOver(rounded)));
          scales.add(source.handOver(slice.handOver(scale)));
        }
      }
    }
  }
}
