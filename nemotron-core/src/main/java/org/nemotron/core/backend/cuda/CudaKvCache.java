package org.nemotron.core.backend.cuda;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableDoubleArray;
import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.backend.parallel.RankShare;
import org.nemotron.core.inference.KvFormat;
import org.nemotron.core.inference.KvPages;
import org.nemotron.core.inference.KvScales;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Resources;
import org.nemotron.core.tensor.Tensors;

/**
 * Keys and values on a GPU, in bfloat16 or as 8-bit floats; one page more than asked for takes what
 * is not wanted.
 *
 * <p>8-bit floats (e4m3) are floats: a scale does not change how exact they are, only how large and
 * how small. With a scale of 1 they reach from 0.002 to 448, as keys and values mostly do; a
 * checkpoint may have scales of its own. What is larger is counted.
 */
final class CudaKvCache implements AutoCloseable {
  private static final DType DTYPE = DType.BFLOAT16;

  private final int pages;
  private final KvFormat format;
  private final ImmutableList<Layer> layers;
  private final CudaTensor scales;
  private final CudaTensor saturated;
  private final Resources parts;

  /**
   * What one layer keeps: token by token, the heads of a token side by side.
   *
   * @param stride elements per token, {@code kvHeads * headDim}; with 0 there are no tensors to
   *     read
   * @param scales address of the scales of each head's keys, then values; 0 for bfloat16
   * @param saturated address of the count of elements that were too large
   */
  record Layer(int stride, CudaTensor keys, CudaTensor values, long scales, long saturated) {
    boolean isEight() {
      return scales != 0;
    }
  }

  /**
   * Makes room for a rank's heads.
   *
   * @param scales of each layer's heads of this rank, used where pages are 8-bit floats
   */
  CudaKvCache(
      RankShare share, int pages, KvFormat format, ImmutableList<KvScales> scales, Device device) {
    checkArgument(pages > 0, "pages (%s) must be positive", pages);
    this.pages = pages;
    this.format = format;
    ImmutableList.Builder<Layer> made = ImmutableList.builder();
    try (Resources tensors = new Resources();
        NativeScope scope = NativeScope.open()) {
      this.scales =
          tensors.add(
              CudaTensor.of(Tensors.move(table(share, scales), device, DType.FLOAT32)),
              CudaTensor::close);
      this.saturated = tensors.add(CudaTensor.zeros(device, DType.INT32, 1), CudaTensor::close);
      for (int layer = 0; layer < share.spec().layers(); layer++) {
        made.add(layer(share, layer, device, tensors));
      }
      this.layers = made.build();
      this.parts = tensors.complete();
    }
  }

  private static int scalesEach(RankShare share) {
    return 2 * share.spec().queryHeads();
  }

  /** Returns a row of scales for each layer, of keys and behind them of values. */
  private static Tensor table(RankShare share, ImmutableList<KvScales> scales) {
    int each = scalesEach(share);
    float[] table = new float[each * share.spec().layers()];
    Arrays.fill(table, 1);
    for (int layer = 0; layer < share.spec().layers(); layer++) {
      int heads = share.elementsPerToken(layer) / share.spec().headDim();
      if (heads > 0) {
        ImmutableDoubleArray own = scales.get(layer).ofHeads(heads);
        for (int i = 0; i < own.length(); i++) {
          table[each * layer + i] = (float) own.get(i);
        }
      }
    }
    return Tensors.of(table, table.length);
  }

  /** Zeros: what no token has written is a number too. */
  private Layer layer(RankShare share, int layer, Device device, Resources tensors) {
    int stride = share.elementsPerToken(layer);
    long[] size = {(long) (pages + 1) * KvPages.PAGE_TOKENS, (long) stride * bytes(format) / 2};
    return new Layer(
        stride,
        tensors.add(CudaTensor.zeros(device, DTYPE, size), CudaTensor::close),
        tensors.add(CudaTensor.zeros(device, DTYPE, size), CudaTensor::close),
        isEight() ? scales.address() + (long) Float.BYTES * scalesEach(share) * layer : 0,
        saturated.address());
  }

  private static int bytes(KvFormat format) {
    return switch (format) {
      case USUAL -> DTYPE.bytes();
      case FLOAT8_E4M3 -> 1;
    };
  }

  static long bytesPerPage(RankShare share, KvFormat format) {
    return share.bytesPerPage(bytes(format));
  }

  boolean isEight() {
    return format == KvFormat.FLOAT8_E4M3;
  }

  int pages() {
    return pages;
  }

  /** Returns the page that no sequence has. */
  int sparePage() {
    return pages;
  }

  Layer layer(int index) {
    return layers.get(index);
  }

  /** Returns how many elements were too large; waits for the GPU. */
  long saturated() {
    try (NativeScope scope = NativeScope.open()) {
      return Integer.toUnsignedLong(saturated.tensor().item_int());
    }
  }

  @Override
  public void close() {
    parts.close();
  }
}
