package org.nemotron.examples.benchmark;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.Longs;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.nemotron.core.inference.WeightSource;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Seed;

/**
 * Random weights of a model that is never in memory as a whole: each tensor is made on the device
 * when it is asked for, and depends on the seed and its name alone. Norms are ones.
 */
final class RandomWeights implements WeightSource {
  /** The standard deviation of a matrix. */
  private static final double SPREAD = 0.02;

  private final ImmutableMap<String, ImmutableList<Long>> shapes;
  private final Device device;
  private final DType dtype;
  private final Seed seed;

  RandomWeights(ModelSpec spec, Device device, DType dtype, Seed seed) {
    this.shapes = spec.tensorShapes();
    this.device = device;
    this.dtype = dtype;
    this.seed = seed;
  }

  @Override
  public Tensor get(String name) {
    ImmutableList<Long> shape = shapes.get(name);
    checkArgument(shape != null, "the model has no tensor called %s", name);
    long[] size = Longs.toArray(shape);
    if (size.length == 1) {
      return torch.ones(size, device.options(dtype));
    }
    torch.manual_seed(seed.named(name).value());
    return NativeScope.only(
        () -> torch.randn(size, device.options(dtype)).mul_(new Scalar(SPREAD)));
  }

  @Override
  public Tensor get(int layer, String name) {
    return get(ModelSpec.layerPrefix(layer) + name);
  }
}
