package org.nemotron.nas.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.base.VerifyException;
import com.google.common.collect.ImmutableList;
import java.util.function.Function;
import org.nemotron.nas.cost.MedianInterval;
import org.nemotron.nas.report.RunSummary.AdditivityAudit;
import org.nemotron.nas.report.RunSummary.CheckedLimit;
import org.nemotron.nas.report.RunSummary.Divergence;
import org.nemotron.nas.report.RunSummary.FrontierPoint;
import org.nemotron.nas.report.RunSummary.LayerTime;
import org.nemotron.nas.report.RunSummary.LossCurve;
import org.nemotron.nas.report.RunSummary.LossPoint;
import org.nemotron.nas.report.RunSummary.ModelFigures;
import org.nemotron.nas.report.RunSummary.Predicted;
import org.nemotron.nas.report.RunSummary.Sample;
import org.nemotron.nas.report.RunSummary.ScenarioSummary;
import org.nemotron.nas.report.RunSummary.ScoringSpeed;
import org.nemotron.nas.report.RunSummary.StageSeconds;
import org.nemotron.nas.report.RunSummary.TargetSummary;

/**
 * Writes a summary as JSON, for programs.
 *
 * <p>{@code child}, {@code baselines}, {@code predicted} and {@code solution} at the top are those
 * of the first target; {@code targets} holds the same for every target by name. Units are in the
 * names. Keys always come in the same order and lines end in {@code \n}, so that equal summaries
 * give equal bytes.
 */
public final class SummaryWriter {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private SummaryWriter() {}

  /** Returns {@code summary} as indented JSON, ending in a line break. */
  public static String toJson(RunSummary summary) {
    DefaultIndenter indenter = new DefaultIndenter("  ", "\n");
    try {
      return new ObjectMapper()
              .writer(new DefaultPrettyPrinter().withObjectIndenter(indenter))
              .writeValueAsString(document(summary))
          + "\n";
    } catch (JsonProcessingException e) {
      throw new VerifyException("a tree of plain values must be writable as JSON", e);
    }
  }

  private static ObjectNode document(RunSummary summary) {
    TargetSummary main = summary.mainTarget();
    ObjectNode root = NODES.objectNode();
    root.put("parentName", summary.parentName());
    root.set("parent", figures(summary.parent()));
    root.set("child", figures(main.child()));
    root.set("baselines", baselines(main));
    root.set("predicted", predicted(main.predicted()));
    root.set("stages", array(summary.stages(), SummaryWriter::stage));
    root.set("solution", SolutionJson.of(main.solution()));
    ObjectNode targets = root.putObject("targets");
    summary.targets().forEach(target -> targets.set(target.name(), target(target)));
    root.set("scenario", scenario(summary.scenario()));
    root.set("parentLayerTimes", array(summary.parentLayerTimes(), SummaryWriter::layerTime));
    root.set("frontier", array(summary.frontier(), SummaryWriter::frontierPoint));
    root.set("localDistillation", array(summary.localDistillation(), SummaryWriter::curve));
    root.set("diverged", array(summary.diverged(), SummaryWriter::divergence));
    root.set("additivity", additivity(summary.additivity()));
    root.set("scoringSpeed", scoringSpeed(summary.scoringSpeed()));
    ObjectNode environment = root.putObject("environment");
    summary.environment().forEach(environment::put);
    if (!summary.benchmarks().isEmpty()) {
      root.set("benchmarks", BenchmarkJson.of(summary));
    }
    if (!summary.bill().isEmpty()) {
      root.set("bill", array(summary.bill(), SummaryWriter::bill));
    }
    return root;
  }

  private static ObjectNode bill(StageBill bill) {
    return NODES
        .objectNode()
        .put("stage", bill.stage())
        .put("predictedSeconds", bill.predictedSeconds())
        .put("seconds", bill.seconds())
        .put("predictedHostBytes", bill.predictedHostBytes())
        .put("hostBytes", bill.hostBytes())
        .put("predictedDeviceBytes", bill.predictedDeviceBytes())
        .put("deviceBytes", bill.deviceBytes());
  }

  private static ObjectNode target(TargetSummary target) {
    ObjectNode node = NODES.objectNode();
    node.put("goal", target.goal()).put("directory", target.directory());
    node.put("met", target.met()).put("outcome", target.outcome().words());
    node.set("limits", array(target.limits(), SummaryWriter::limit));
    node.set("speedUp", interval(target.speedUp()));
    if (!target.speedUpMachine().isEmpty()) {
      node.put("speedUpMachine", target.speedUpMachine());
    }
    node.set("child", figures(target.child()));
    node.set("childBeforeDistillation", figures(target.childBeforeDistillation()));
    node.set("baselines", baselines(target));
    node.set("predicted", predicted(target.predicted()));
    node.set("solution", SolutionJson.of(target.solution()));
    node.set("layerTimes", array(target.layerTimes(), SummaryWriter::layerTime));
    node.set("globalDistillation", array(target.globalDistillation(), SummaryWriter::curve));
    node.set("samples", array(target.samples(), SummaryWriter::sample));
    if (!target.rounds().isEmpty()) {
      node.set("rounds", array(target.rounds(), SummaryWriter::round));
    }
    return node;
  }

  private static ObjectNode round(SearchRound round) {
    ObjectNode node = NODES.objectNode().put("round", round.round());
    node.set("before", kl(round.before()));
    node.set("after", kl(round.after()));
    node.set("steps", array(round.steps(), SummaryWriter::step));
    return node;
  }

  private static ObjectNode step(SearchRound.Step step) {
    ObjectNode node =
        NODES
            .objectNode()
            .put("most", step.most())
            .put("exchanged", step.exchanged())
            .put("predictedNats", step.predictedNats());
    node.set("measured", kl(step.measured()));
    return node.put("taken", step.taken());
  }

  private static ObjectNode kl(SearchRound.KlToParent kl) {
    return NODES
        .objectNode()
        .put("assembledNats", kl.assembledNats())
        .put("startNats", kl.startNats());
  }

  private static ObjectNode limit(CheckedLimit limit) {
    ObjectNode node = NODES.objectNode().put("limit", limit.limit()).put("met", limit.met());
    node.put("outcome", limit.outcome().words());
    node.set("measured", interval(limit.measured()));
    return node;
  }

  private static ObjectNode interval(MedianInterval value) {
    return NODES
        .objectNode()
        .put("median", value.median())
        .put("low", value.low())
        .put("high", value.high());
  }

  private static ObjectNode baselines(TargetSummary target) {
    ObjectNode node = NODES.objectNode();
    node.set("greedy", figures(target.greedy()));
    node.set("random", figures(target.random()));
    node.set("untrained", figures(target.untrained()));
    return node;
  }

  private static ObjectNode figures(ModelFigures model) {
    return NODES
        .objectNode()
        .put("name", model.name())
        .put("params", model.params())
        .put("weightBytes", model.weightBytes())
        .put("kvBytes", model.kvBytes())
        .put("tokensPerSecond", model.tokensPerSecond())
        .put("klNats", model.klNats())
        .put("klStandardError", model.klStandardError())
        .put("lossNats", model.lossNats())
        .put("accuracy", model.accuracy())
        .put("accuracyPreserved", model.accuracyPreserved());
  }

  private static ObjectNode predicted(Predicted predicted) {
    return NODES
        .objectNode()
        .put("speedUp", predicted.speedUp())
        .put("weightBytes", predicted.weightBytes())
        .put("kvBytes", predicted.kvBytes())
        .put("klNats", predicted.klNats());
  }

  private static ObjectNode stage(StageSeconds stage) {
    return NODES
        .objectNode()
        .put("stage", stage.stage())
        .put("seconds", stage.seconds())
        .put("reused", stage.reused());
  }

  private static ObjectNode scenario(ScenarioSummary scenario) {
    ObjectNode json =
        NODES
            .objectNode()
            .put("batch", scenario.batch())
            .put("promptTokens", scenario.promptTokens())
            .put("outputTokens", scenario.outputTokens());
    return scenario.tensorParallel() == 1
        ? json
        : json.put("tensorParallel", scenario.tensorParallel());
  }

  private static ObjectNode layerTime(LayerTime time) {
    return NODES
        .objectNode()
        .put("layer", time.layer())
        .put("attentionNanos", time.attentionNanos())
        .put("ffnNanos", time.ffnNanos());
  }

  private static ObjectNode frontierPoint(FrontierPoint point) {
    return NODES
        .objectNode()
        .put("tokensPerSecond", point.tokensPerSecond())
        .put("klNats", point.klNats())
        .put("accuracy", point.accuracy());
  }

  /** Two lists beside each other instead of one object per point: a tenth of the lines. */
  private static ObjectNode curve(LossCurve curve) {
    ObjectNode node = NODES.objectNode().put("name", curve.name());
    ArrayNode steps = node.putArray("steps");
    ArrayNode losses = node.putArray("losses");
    for (LossPoint point : curve.points()) {
      steps.add(point.step());
      losses.add(point.loss());
    }
    return node;
  }

  private static ObjectNode divergence(Divergence divergence) {
    return NODES
        .objectNode()
        .put("candidate", divergence.candidate())
        .put("step", divergence.step())
        .put("reason", divergence.reason());
  }

  private static ObjectNode additivity(AdditivityAudit audit) {
    ObjectNode node = NODES.objectNode().put("correlation", audit.correlation());
    node.set(
        "pairs",
        array(
            audit.pairs(),
            pair ->
                NODES
                    .objectNode()
                    .put("first", pair.first())
                    .put("second", pair.second())
                    .put("predictedKl", pair.predictedKl())
                    .put("measuredKl", pair.measuredKl())));
    return node;
  }

  private static ObjectNode scoringSpeed(ScoringSpeed speed) {
    return NODES
        .objectNode()
        .put("suffixSeconds", speed.suffixSeconds())
        .put("fullSeconds", speed.fullSeconds())
        .put("candidates", speed.candidates())
        .put("speedUp", speed.speedUp());
  }

  private static ObjectNode sample(Sample sample) {
    return NODES
        .objectNode()
        .put("prompt", sample.prompt())
        .put("parent", sample.parent())
        .put("child", sample.child());
  }

  private static <T> ArrayNode array(ImmutableList<T> values, Function<T, ObjectNode> toNode) {
    ArrayNode array = NODES.arrayNode();
    values.forEach(value -> array.add(toNode.apply(value)));
    return array;
  }
}
