package org.nemotron.nas.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import org.junit.jupiter.api.Test;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.nas.library.InitSettings;
import org.nemotron.nas.library.SearchSpace;
import org.nemotron.nas.pipeline.CompressionPlan.Bound;
import org.nemotron.nas.pipeline.CompressionPlan.CostPlan;
import org.nemotron.nas.pipeline.CompressionPlan.CoupledPlan;
import org.nemotron.nas.pipeline.CompressionPlan.DataPlan;
import org.nemotron.nas.pipeline.CompressionPlan.GlobalPlan;
import org.nemotron.nas.pipeline.CompressionPlan.Limit;
import org.nemotron.nas.pipeline.CompressionPlan.LocalPlan;
import org.nemotron.nas.pipeline.CompressionPlan.NonFinite;
import org.nemotron.nas.pipeline.CompressionPlan.Quantity;
import org.nemotron.nas.pipeline.CompressionPlan.ScoringPlan;
import org.nemotron.nas.pipeline.CompressionPlan.Target;
import org.nemotron.nas.score.Score;

final class CompressionPlanTest {
  /** Differs from the defaults in every setting. */
  private static final CompressionPlan UNUSUAL =
      new CompressionPlan(
          "other",
          "elsewhere",
          ImmutableList.of("c.txt"),
          ImmutableList.of("h.txt"),
          7,
          "cuda:1",
          DType.BFLOAT16,
          DType.FLOAT16,
          3,
          new DataPlan(32, 5, 900, 60, 48, 2),
          SearchSpace.builder().kvHeads(1).ffnFractions(0.5).linearFfn(true).build(),
          InitSettings.builder()
              .channels(InitSettings.ChannelImportance.INDEPENDENT)
              .calibrationBatches(9)
              .refit(false)
              .build(),
          new LocalPlan(77, 5e-3, 4, 3),
          new CoupledPlan(99, 6e-4, ImmutableList.of(1.25)),
          new ScoringPlan(Score.Metric.KL, 2, 6),
          new CostPlan(ImmutableList.of(3), 5, 6, 7, 8, 9, 10),
          new GlobalPlan(500, 6, 7e-4, 0.5, 2, 0.25, 50),
          ImmutableList.of(
              new Target(
                  "small", ImmutableList.of(new Limit(Quantity.PARAMETERS, Bound.AT_MOST, 1e6)))),
          NonFinite.STOP);

  @Test
  void toBuilder_nothingSet_buildsTheSamePlan() {
    assertThat(UNUSUAL.toBuilder().build()).isEqualTo(UNUSUAL);
  }

  @Test
  void toBuilder_everythingSet_buildsThatPlan() {
    assertThat(
            defaults().toBuilder()
                .parent(UNUSUAL.parent())
                .output(UNUSUAL.output())
                .calibrationTexts(UNUSUAL.calibrationTexts())
                .heldOutTexts(UNUSUAL.heldOutTexts())
                .seed(UNUSUAL.seed())
                .device(UNUSUAL.device())
                .dtype(UNUSUAL.dtype())
                .childDtype(UNUSUAL.childDtype())
                .threads(UNUSUAL.threads())
                .data(UNUSUAL.data())
                .space(UNUSUAL.space())
                .start(UNUSUAL.start())
                .local(UNUSUAL.local())
                .coupled(UNUSUAL.coupled())
                .scoring(UNUSUAL.scoring())
                .costs(UNUSUAL.costs())
                .global(UNUSUAL.global())
                .targets(UNUSUAL.targets())
                .nonFinite(UNUSUAL.nonFinite())
                .build())
        .isEqualTo(UNUSUAL);
  }

  private static CompressionPlan defaults() {
    return CompressionPlan.of("parent", "run", ImmutableList.of("a.txt"), ImmutableList.of("b"));
  }

  @Test
  void build_settingsThatDoNotGoTogether_areRefused() {
    assertThatThrownBy(() -> defaults().toBuilder().device("cuda").build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("dtype (float32) must be bfloat16 to train on cuda");
  }

  @Test
  void on_anotherDevice_trainsInItsType() {
    CompressionPlan onCpu = UNUSUAL.on(Device.CPU);
    assertThat(onCpu.dtype()).isEqualTo(DType.FLOAT32);
    assertThat(onCpu.on(new Device("cuda", 1))).isEqualTo(UNUSUAL);
  }

  @Test
  void withParent_otherParent_changesThatAlone() {
    assertThat(UNUSUAL.withParent("mine").withParent("other")).isEqualTo(UNUSUAL);
    assertThat(UNUSUAL.withParent("mine").parent()).isEqualTo("mine");
  }

  @Test
  void brief_anyPlan_keepsRatesAndTargetsAndCutsWork() {
    CompressionPlan brief = UNUSUAL.brief();
    assertThat(brief.targets()).isEqualTo(UNUSUAL.targets());
    assertThat(brief.local()).isEqualTo(new LocalPlan(6, 5e-3, 4, 3));
    assertThat(brief.coupled()).isEqualTo(new CoupledPlan(4, 6e-4, ImmutableList.of(1.25)));
    assertThat(brief.scoring()).isEqualTo(new ScoringPlan(Score.Metric.KL, 2, 4));
    assertThat(brief.costs()).isEqualTo(new CostPlan(ImmutableList.of(3), 5, 6, 3, 10, 1, 10));
    assertThat(brief.global()).isEqualTo(new GlobalPlan(10, 6, 7e-4, 0.5, 2, 0.25, 5));
    assertThat(brief.data()).isEqualTo(new DataPlan(32, 5, 100_000, 1_024, 256, 4));
  }
}
