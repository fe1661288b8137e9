package org.nemotron.nas.library;

import static com.google.common.base.Verify.verifyNotNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.Floats;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.nas.SmallParent;
import org.nemotron.nas.TensorValues;

final class SequentialRefitTest {
  private static final BlockSpec CHEAP =
      new BlockSpec(new AttentionSpec.Linear(), new FfnSpec.Gated(24));
  private static final BlockSpec NARROW =
      new BlockSpec(new AttentionSpec.NoOp(), new FfnSpec.Gated(16));
  private static final RefitSettings SETTINGS = new RefitSettings(6, 0.01);

  private NativeScope scope;
  private HeterogeneousModel parent;

  @BeforeEach
  void open() {
    scope = NativeScope.open();
    parent = SmallParent.model();
  }

  @AfterEach
  void close() {
    parent.close();
    scope.close();
  }

  private HeterogeneousModel child(BlockSpec... blocks) {
    HeterogeneousModel child = parent;
    for (int layer = 0; layer < blocks.length; layer++) {
      try (NamedTensors weights =
          SmallParent.weights(blocks[layer].tensorShapes(SmallParent.WIDTH), 30 + layer)) {
        HeterogeneousModel next = child.withBlock(layer, blocks[layer], weights);
        if (child != parent) {
          child.close();
        }
        child = next;
      }
    }
    return child;
  }

  private HeterogeneousModel refitted(
      HeterogeneousModel child, RefitSettings settings, int threads) {
    return new SequentialRefit(settings, threads)
        .refit(parent, child, SmallParent.training(), layer -> {});
  }

  /** The mean square of what the child's last hidden state is off, on other text. */
  private double distance(HeterogeneousModel model) {
    Tensor ids = SmallParent.heldOut().batch(0);
    try (NoGradGuard inference = new NoGradGuard()) {
      int layers = parent.spec().layers();
      Tensor ours = parent.runBlocks(parent.embed(ids), 0, layers);
      Tensor theirs = model.runBlocks(model.embed(ids), 0, layers);
      return Tensors.scalar(ours.sub(theirs).square().mean());
    }
  }

  @Test
  void refit_blocksWithErrors_comesCloserToTheParentOnOtherText() {
    try (HeterogeneousModel child = child(CHEAP, BlockSpec.NO_OP, NARROW);
        HeterogeneousModel fitted = refitted(child, SETTINGS, 2)) {
      assertThat(fitted.spec()).isEqualTo(child.spec());
      assertThat(distance(fitted)).isLessThan(0.7 * distance(child));
    }
  }

  @Test
  void refit_onlyLastProjectionsOff_findsThemAgain() {
    Map<String, Tensor> scaled = new LinkedHashMap<>();
    parent
        .tensors()
        .forEach(
            (name, tensor) ->
                scaled.put(
                    name,
                    name.endsWith("down_proj.weight") || name.endsWith("o_proj.weight")
                        ? tensor.mul(new Scalar(0.8))
                        : tensor));
    try (NamedTensors weights = NamedTensors.of(scaled);
        HeterogeneousModel child = HeterogeneousModel.of(parent.spec(), weights);
        HeterogeneousModel fitted = refitted(child, new RefitSettings(6, 1e-6), 1)) {
      assertThat(distance(fitted)).isCloseTo(0, within(1e-4 * distance(child)));
    }
  }

  @Test
  void refit_strongestPull_leavesTheChild() {
    try (HeterogeneousModel child = child(CHEAP);
        HeterogeneousModel fitted = refitted(child, new RefitSettings(2, 1e9), 1)) {
      ImmutableMap<String, ImmutableList<Float>> before = values(child);
      values(fitted)
          .forEach(
              (name, floats) -> {
                for (int i = 0; i < floats.size(); i++) {
                  assertThat(floats.get(i))
                      .as(name)
                      .isCloseTo(verifyNotNull(before.get(name)).get(i), within(1e-6f));
                }
              });
    }
  }

  private static ImmutableMap<String, ImmutableList<Float>> values(HeterogeneousModel model) {
    ImmutableMap.Builder<String, ImmutableList<Float>> all = ImmutableMap.builder();
    model
        .tensors()
        .forEach(
            (name, tensor) ->
                all.put(
                    name,
                    Floats.asList(Tensors.floats(tensor)).stream()
                        .collect(ImmutableList.toImmutableList())));
    return all.buildOrThrow();
  }

  @Test
  void refit_anyThreads_givesTheSameBitsAndLeavesTheChild() {
    try (HeterogeneousModel child = child(CHEAP, NARROW);
        HeterogeneousModel one = refitted(child, SETTINGS, 1)) {
      var before = TensorValues.of(child.tensors());
      try (HeterogeneousModel three = refitted(child, SETTINGS, 3)) {
        assertThat(TensorValues.of(three.tensors())).isEqualTo(TensorValues.of(one.tensors()));
        assertThat(TensorValues.of(child.tensors())).isEqualTo(before);
        assertThat(TensorValues.of(one.tensors())).isNotEqualTo(before);
      }
    }
  }

  @Test
  void refit_progress_tellsLayersWithWeights() {
    List<Long> told = new ArrayList<>();
    try (HeterogeneousModel child = child(CHEAP, BlockSpec.NO_OP);
        HeterogeneousModel fitted =
            new SequentialRefit(SETTINGS).refit(parent, child, SmallParent.training(), told::add)) {
      assertThat(fitted.spec()).isEqualTo(child.spec());
    }
    assertThat(told).containsExactly(1L, 1L, 3L, 3L);
  }

  @Test
  void refit_otherNumberOfLayers_isRefused() {
    ModelSpec two = SmallParent.spec(ImmutableList.of(SmallParent.BLOCK, SmallParent.BLOCK));
    try (HeterogeneousModel child = SmallParent.model(two, 3)) {
      assertThatThrownBy(() -> refitted(child, SETTINGS, 1))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("the child's layers (2) must be as many as the parent's (3)");
    }
  }

  @Test
  void new_settingsOutOfRange_areRefused() {
    assertThatThrownBy(() -> new SequentialRefit(RefitSettings.NONE))
        .hasMessage("batches (0) must be positive");
    assertThatThrownBy(() -> new RefitSettings(-1, 1))
        .hasMessage("refit batches (-1) must not be negative");
    assertThatThrownBy(() -> new RefitSettings(1, 0))
        .hasMessage("refit ridge (0.0) must be positive");
  }
}
