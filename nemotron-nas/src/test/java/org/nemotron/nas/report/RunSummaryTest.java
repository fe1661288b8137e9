package org.nemotron.nas.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import org.junit.jupiter.api.Test;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.nas.report.RunSummary.AdditivityAudit;
import org.nemotron.nas.report.RunSummary.ChosenLayer;
import org.nemotron.nas.report.RunSummary.LossPoint;
import org.nemotron.nas.report.RunSummary.ModelFigures;
import org.nemotron.nas.report.RunSummary.Solution;

final class RunSummaryTest {
  @Test
  void modelFigures_klIsNaN_namesModelAndField() {
    assertThatThrownBy(() -> new ModelFigures("child", 1, 1, 0, 10, Double.NaN, 0, 1.5, 0.5, 0.9))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("child: klNats (NaN) must be a finite number");
  }

  @Test
  void modelFigures_accuracyInPercent_refused() {
    assertThatThrownBy(() -> new ModelFigures("child", 1, 1, 0, 10, 0.1, 0, 1.5, 58.4, 0.9))
        .hasMessage("child: accuracy (58.4) must lie between 0 and 1");
  }

  @Test
  void modelFigures_noParameters_refused() {
    assertThatThrownBy(() -> new ModelFigures("child", 0, 1, 0, 10, 0.1, 0, 1.5, 0.5, 0.9))
        .hasMessage("child: params (0) must be positive");
  }

  @Test
  void lossPoint_infiniteLoss_namesStep() {
    assertThatThrownBy(() -> new LossPoint(7, Double.POSITIVE_INFINITY))
        .hasMessage("step 7: loss (Infinity) must be a finite number");
  }

  @Test
  void additivityAudit_correlationIsNaN_refused() {
    assertThatThrownBy(() -> new AdditivityAudit(ImmutableList.of(), Double.NaN))
        .hasMessage("correlation (NaN) must lie between -1 and 1");
  }

  @Test
  void solution_layerLeftOut_saysWhere() {
    ImmutableList<ChosenLayer> layers =
        ImmutableList.of(
            new ChosenLayer(0, 2, BlockSpec.NO_OP, "multi-layer", 0.1),
            new ChosenLayer(3, 1, BlockSpec.NO_OP, "decoupled", 0.1));
    assertThatThrownBy(() -> new Solution(layers, 1, 0.2, 0.2, 0, 1))
        .hasMessage(
            "layers: a block stands at layer 3 and must stand at layer 2, where the one before it"
                + " ends");
  }

  @Test
  void parentLayers_multiLayerReplacements_countsWhatTheyReplace() {
    RunSummary summary = SummaryFixture.summary();
    assertThat(summary.targets())
        .allSatisfy(
            target ->
                assertThat(target.solution().parentLayers()).isEqualTo(SummaryFixture.LAYERS));
  }
}
