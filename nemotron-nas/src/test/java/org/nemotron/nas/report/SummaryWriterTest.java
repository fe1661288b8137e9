package org.nemotron.nas.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.collect.ImmutableList;
import org.junit.jupiter.api.Test;

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
