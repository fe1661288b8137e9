package org.nemotron.nas.library;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.nas.SmallParent;
import org.nemotron.nas.library.FfnFusion.Run;

final class FfnFusionTest {
  private static final AttentionSpec NONE = new AttentionSpec.NoOp();
  private static final BlockSpec WHOLE = SmallParent.BLOCK;
  private static final BlockSpec NARROW = new BlockSpec(NONE, new FfnSpec.Gated(20));
  private static final BlockSpec EMPTY = new BlockSpec(NONE, new FfnSpec.NoOp());
  private static final BlockSpec LINEAR = new BlockSpec(NONE, new FfnSpec.Linear());
  private static final BlockSpec NO_FFN = new BlockSpec(SmallParent.ATTENTION, new FfnSpec.NoOp());

  private NativeScope scope;
  private NoGradGuard inference;

  @BeforeEach
  void open() {
    scope = NativeScope.open();
    inference = new NoGradGuard();
  }

  @AfterEach
  void close() {
    inference.close();
    scope.close();
  }

  private static ModelSpec spec(BlockSpec... blocks) {
    return SmallParent.spec(ImmutableList.copyOf(blocks));
  }

  @Test
  void runs_layersWithoutAttentionBehindAnFfn_areFoundWholeAndInOrder() {
    assertThat(FfnFusion.runs(spec(WHOLE, WHOLE, WHOLE))).isEmpty();
    assertThat(FfnFusion.runs(spec(WHOLE, NARROW, EMPTY, NARROW, WHOLE, NARROW)))
        .containsExactly(new Run(0, 3), new Run(4, 5));
    assertThat(FfnFusion.runs(spec(NO_FFN, NARROW, NARROW))).containsExactly(new Run(1, 2));
    assertThat(FfnFusion.runs(spec(WHOLE, NARROW, LINEAR, NARROW, NARROW)))
        .containsExactly(new Run(0, 1), new Run(3, 4));
    assertThat(FfnFusion.runs(spec(WHOLE, EMPTY, EMPTY))).isEmpty();
  }

  @Test
  void fuse_aRun_addsWhatItsFfnsAddToWhatTheFirstReads() {
    try (HeterogeneousModel model =
            SmallParent.model(spec(WHOLE, NARROW, EMPTY, NARROW, WHOLE), 3);
        HeterogeneousModel fused = FfnFusion.fuse(model, new Run(0, 3))) {
      assertThat(fused.spec().blocks())
          .containsExactly(
              new BlockSpec(SmallParent.ATTENTION, new FfnSpec.Gated(SmallParent.CHANNELS + 40)),
              EMPTY,
              EMPTY,
              EMPTY,
              WHOLE);
      Tensor middle =
          model.block(0).attention().forward(model.embed(SmallParent.heldOut().batch(0)));
      Tensor wanted = model.block(0).ffn().forward(middle);
      for (int layer : new int[] {1, 3}) {
        wanted = wanted.add(model.block(layer).ffn().forward(middle).sub(middle));
      }
      Tensor got = fused.runBlocks(fused.embed(SmallParent.heldOut().batch(0)), 0, 4);
      assertThat(Tensors.scalar(got.sub(wanted).abs().max())).isLessThan(1e-5);
      assertThat(Tensors.scalar(got.sub(middle).abs().max())).isGreaterThan(1e-2);
    }
  }

  @Test
  void fuse_aModel_sharesTheOtherLayersAndStaysOpenAlone() {
    HeterogeneousModel fused;
    float[] before;
    try (HeterogeneousModel model = SmallParent.model(spec(WHOLE, NARROW, WHOLE), 4)) {
      fused = FfnFusion.fuse(model, new Run(0, 1));
      before = Tensors.floats(model.block(2).ffn().tensors().get("mlp.up_proj.weight"));
    }
    try (fused) {
      assertThat(Tensors.floats(fused.block(2).ffn().tensors().get("mlp.up_proj.weight")))
          .isEqualTo(before);
      assertThat(fused.spec().parameters())
          .isEqualTo(spec(WHOLE, NARROW, WHOLE).parameters() - SmallParent.WIDTH);
    }
  }

  @Test
  void fuse_whatIsNoRun_isRefusedByName() {
    try (HeterogeneousModel model = SmallParent.model(spec(WHOLE, WHOLE, EMPTY), 5)) {
      assertThatThrownBy(() -> FfnFusion.fuse(model, new Run(0, 1)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("layer 1 is " + WHOLE.id());
      assertThatThrownBy(() -> FfnFusion.fuse(model, new Run(1, 2)))
          .hasMessageContaining("one gated FFN only");
      assertThatThrownBy(() -> FfnFusion.fuse(model, new Run(1, 3)))
          .hasMessageContaining("within the 3 layers");
      assertThatThrownBy(() -> new Run(2, 2)).hasMessageContaining("before last");
    }
  }
}
