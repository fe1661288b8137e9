package org.nemotron.core.backend.cpu;

import static com.google.common.base.Verify.verify;

import com.google.common.collect.ImmutableList;
import org.nemotron.core.backend.parallel.RankShare;
import org.nemotron.core.inference.InferenceBackend;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.nn.Block;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.LeakTracing;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.testing.ModelSpecBuilder;
import org.nemotron.core.testing.TestModels;

/**
 * Makes things whose last part fails, with leaks traced, and prints what each left in use that was
 * not in use before.
 */
final class FailedConstructionProgram {
  private FailedConstructionProgram() {}

  public static void main(String[] arguments) {
    modelWithAClosedLayer(WeightFormat.FLOAT32); // once for what is made once only
    modelWithAClosedLayer(WeightFormat.FLOAT16);
    left("model", () -> modelWithAClosedLayer(WeightFormat.FLOAT32));
    left("half model", () -> modelWithAClosedLayer(WeightFormat.FLOAT16));
    left("memory", FailedConstructionProgram::memoryThatDoesNotFit);
    left("block", FailedConstructionProgram::blockWithoutItsNetwork);
    System.exit(0);
  }

  private static void left(String what, Runnable attempt) {
    int before = LeakTracing.open().size();
    attempt.run();
    ImmutableList<String> after = LeakTracing.open();
    System.out.println(what + " left " + (after.size() - before));
    after.stream().skip(before).forEach(System.out::println);
  }

  /** Everything of the first layers is packed before the network of the fifth is found closed. */
  private static void modelWithAClosedLayer(WeightFormat format) {
    try (InferenceBackend device = new CpuBackend(2);
        HeterogeneousModel model = TestModels.model(TestModels.mixed(), 5)) {
      model.block(3).ffn().close();
      verify(fails(() -> device.prepare(model, format, 4)), "the model was prepared");
    }
  }

  /** The first layer keeps nothing; no address space holds what the second keeps. */
  private static void memoryThatDoesNotFit() {
    AttentionSpec wide = new AttentionSpec.GroupedQuery(4, 4, 1 << 14);
    ModelSpec spec =
        new ModelSpecBuilder()
            .heads(4, 1 << 14)
            .blocks(BlockSpec.NO_OP, new BlockSpec(wide, new FfnSpec.NoOp()))
            .build();
    verify(
        fails(() -> new CpuKvCache(RankShare.whole(spec), Integer.MAX_VALUE)),
        "the memory was reserved");
  }

  private static void blockWithoutItsNetwork() {
    BlockSpec spec = new BlockSpec(TestModels.grouped(2), TestModels.WIDE);
    try (NativeScope scope = NativeScope.open();
        HeterogeneousModel model = TestModels.model(TestModels.mixed(), 5);
        NamedTensors weights =
            NamedTensors.of(
                TestModels.weights(spec.attention().tensorShapes(TestModels.WIDTH), 1))) {
      verify(fails(() -> new Block(spec, weights, model.rotary(), 1e-5)), "the block was made");
    }
  }

  /** Makes something. */
  private interface Making {
    AutoCloseable make();
  }

  private static boolean fails(Making making) {
    try {
      AutoCloseable unused = making.make();
      return false;
    } catch (RuntimeException e) {
      return true;
    }
  }
}
