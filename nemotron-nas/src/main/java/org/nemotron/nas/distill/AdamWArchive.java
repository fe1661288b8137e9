package org.nemotron.nas.distill;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.nio.file.Path;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.InputArchive;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/**
 * What LibTorch's AdamW has saved, under the names that {@link MixedPrecisionAdamW} has for it. An
 * archive names parameters by addresses of the process that wrote it, in their order.
 */
final class AdamWArchive {
  private AdamWArchive() {}

  /**
   * Returns means, squares and counts of all parameters that had a gradient; the caller closes
   * them.
   *
   * @param names of the parameters, in the optimizer's order
   */
  static NamedTensors read(Path file, ImmutableList<String> names) {
    try (NativeScope scope = NativeScope.open()) {
      InputArchive archive = new InputArchive();
      archive.load_from(file.toString());
      InputArchive states = archive(archive, "state");
      InputArchive group = archive(archive(archive, "param_groups"), "param_groups/0");
      ImmutableMap.Builder<String, Tensor> all = ImmutableMap.builder();
      for (int index = 0; index < names.size(); index++) {
        IValue address = new IValue();
        group.read("params/" + index, address);
        InputArchive state = new InputArchive();
        if (states.try_read(address.toStringRef().getString(), state)) {
          IValue count = new IValue();
          state.read("step", count);
          all.put("mean." + names.get(index), tensor(state, "exp_avg"));
          all.put("square." + names.get(index), tensor(state, "exp_avg_sq"));
          all.put("count." + names.get(index), scalar(count.toInt()));
        }
      }
      return NamedTensors.of(all.buildOrThrow());
    }
  }

  private static InputArchive archive(InputArchive in, String key) {
    InputArchive inner = new InputArchive();
    in.read(key, inner);
    return inner;
  }

  private static Tensor tensor(InputArchive in, String key) {
    Tensor tensor = new Tensor();
    in.read(key, tensor);
    return tensor;
  }

  private static Tensor scalar(long value) {
    return Tensors.cast(Tensors.of(new long[] {value}, 1), DType.FLOAT32).squeeze();
  }
}
