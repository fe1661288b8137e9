package org.nemotron.nas.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.Sets;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.AttentionTrait;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.SpecJson;
import org.nemotron.nas.report.RunSummary.ChosenLayer;
import org.nemotron.nas.report.RunSummary.Solution;
import org.nemotron.nas.report.RunSummary.TargetSummary;

final class SummaryWriterTest {
  private final String json = SummaryWriter.toJson(SummaryFixture.summary());
  private final JsonNode root = parse(json);

  private static JsonNode parse(String text) {
    try {
      return new ObjectMapper().readTree(text);
    } catch (JsonProcessingException e) {
      throw new AssertionError("summary.json must be JSON", e);
    }
  }

  private static ImmutableList<String> keys(JsonNode node) {
    return ImmutableList.copyOf(node.fieldNames());
  }

  @Test
  void toJson_realRun_hasTheTopLevelKeysInOrder() {
    assertThat(keys(root))
        .containsExactly(
            "parentName",
            "parent",
            "child",
            "baselines",
            "predicted",
            "stages",
            "solution",
            "targets",
            "scenario",
            "parentLayerTimes",
            "frontier",
            "localDistillation",
            "diverged",
            "additivity",
            "scoringSpeed",
            "environment");
    assertThat(keys(root.get("baselines"))).containsExactly("greedy", "random", "untrained");
  }

  @Test
  void toJson_everyModel_hasTheSameFigures() {
    ImmutableList<JsonNode> models =
        ImmutableList.of(
            root.get("parent"),
            root.get("child"),
            root.at("/baselines/greedy"),
            root.at("/baselines/random"),
            root.at("/baselines/untrained"),
            root.at("/targets/2x/childBeforeDistillation"));
    assertThat(models)
        .allSatisfy(
            model ->
                assertThat(keys(model))
                    .containsExactly(
                        "name",
                        "params",
                        "weightBytes",
                        "kvBytes",
                        "tokensPerSecond",
                        "klNats",
                        "klStandardError",
                        "lossNats",
                        "accuracy",
                        "accuracyPreserved"));
  }

  @Test
  void toJson_parentFigures_areTheNumbersGiven() {
    assertThat(root.at("/parent/params").longValue()).isEqualTo(7_081_216);
    assertThat(root.at("/parent/kvBytes").longValue()).isEqualTo(16_777_216);
    assertThat(root.at("/parent/tokensPerSecond").doubleValue()).isEqualTo(1_412.3);
    assertThat(root.at("/parent/accuracyPreserved").doubleValue()).isEqualTo(1);
  }

  @Test
  void toJson_baselines_areNotMixedUp() {
    assertThat(root.at("/baselines/greedy/name").textValue()).isEqualTo("greedy-1.5x");
    assertThat(root.at("/baselines/random/name").textValue()).isEqualTo("random-1.5x");
    assertThat(root.at("/baselines/untrained/name").textValue()).isEqualTo("untrained-1.5x");
    assertThat(root.at("/targets/2x/baselines/random/name").textValue()).isEqualTo("random-2x");
  }

  @Test
  void toJson_topLevel_isTheFirstTarget() {
    JsonNode first = root.at("/targets/1.5x");
    assertThat(root.get("child")).isEqualTo(first.get("child"));
    assertThat(root.get("baselines")).isEqualTo(first.get("baselines"));
    assertThat(root.get("predicted")).isEqualTo(first.get("predicted"));
    assertThat(root.get("solution")).isEqualTo(first.get("solution"));
    assertThat(keys(root.get("targets"))).containsExactly("1.5x", "2x");
  }

  @Test
  void toJson_solution_holdsTheSpecOfEveryLayer() {
    JsonNode layers = root.at("/solution/layers");
    assertThat(layers).hasSize(7);
    assertThat(layers.get(1).toString())
        .isEqualTo(
            "{\"layer\":1,\"covers\":1,\"attention\":{\"kind\":\"groupedQuery\",\"queryHeads\":8,"
                + "\"kvHeads\":2,\"headDim\":32},\"ffn\":{\"kind\":\"gated\",\"channels\":352},"
                + "\"origin\":\"decoupled\",\"score\":0.0123}");
    assertThat(layers.get(3).get("covers").intValue()).isEqualTo(2);
    assertThat(layers.at("/4/attention").toString()).isEqualTo("{\"kind\":\"linear\"}");
    assertThat(layers.at("/5/attention").toString()).isEqualTo("{\"kind\":\"noOp\"}");
    assertThat(layers.at("/5/ffn").toString()).isEqualTo("{\"kind\":\"linear\"}");
    assertThat(keys(root.get("solution")))
        .containsExactly("layers", "batch", "score", "bound", "gap", "seconds");
  }

  /** What a child of Qwen2 or Qwen3 has beside its projections is part of its architecture. */
  @ParameterizedTest
  @EnumSource(AttentionTrait.class)
  void toJson_attentionWithATrait_comesBackEqual(AttentionTrait trait) throws IOException {
    AttentionSpec attention =
        new AttentionSpec.GroupedQuery(8, 2, 32, Sets.immutableEnumSet(trait));
    JsonNode summary = parse(SummaryWriter.toJson(withAttention(attention)));
    for (String layers : List.of("/solution/layers/0", "/targets/1.5x/solution/layers/0")) {
      assertThat(SpecJson.attention(summary.at(layers + "/attention"))).isEqualTo(attention);
    }
  }

  private static RunSummary withAttention(AttentionSpec attention) {
    RunSummary summary = SummaryFixture.summary();
    TargetSummary target = summary.targets().get(0);
    BlockSpec block = new BlockSpec(attention, new FfnSpec.Gated(704));
    Solution solution =
        new Solution(
            ImmutableList.of(new ChosenLayer(0, 8, block, "multi-layer", 0.1)), 16, 0.1, 0.1, 0, 1);
    return new RunSummary(
        summary.parentName(),
        summary.scenario(),
        summary.parent(),
        summary.parentLayerTimes(),
        ImmutableList.of(
            new TargetSummary(
                target.name(),
                target.goal(),
                target.directory(),
                target.speedUp(),
                target.speedUpMachine(),
                target.limits(),
                target.child(),
                target.childBeforeDistillation(),
                target.greedy(),
                target.random(),
                target.untrained(),
                target.predicted(),
                solution,
                target.layerTimes(),
                target.globalDistillation(),
                target.samples())),
        summary.frontier(),
        summary.localDistillation(),
        summary.diverged(),
        summary.scoringSpeed(),
        summary.additivity(),
        summary.stages(),
        summary.environment());
  }

  @Test
  void toJson_stages_keepOrderSecondsAndReuse() {
    assertThat(root.get("stages").get(0).toString())
        .isEqualTo("{\"stage\":\"starting weights\",\"seconds\":9.4,\"reused\":true}");
  }

  @Test
  void toJson_curves_haveAsManyLossesAsSteps() {
    assertThat(root.get("localDistillation"))
        .isNotEmpty()
        .allSatisfy(curve -> assertThat(curve.get("steps")).hasSameSizeAs(curve.get("losses")));
  }

  @Test
  void toJson_equalSummaries_giveEqualText() {
    assertThat(SummaryWriter.toJson(SummaryFixture.summary())).isEqualTo(json);
    assertThat(json).startsWith("{\n  \"parentName\"").endsWith("}\n").doesNotContain("\r");
  }
}
