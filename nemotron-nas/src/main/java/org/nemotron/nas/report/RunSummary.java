package org.nemotron.nas.report;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import org.nemotron.core.spec.BlockSpec;

/** All that a finished run has to tell: the content of summary.json and of the HTML page. */
public record RunSummary(
    String parentName,
    ScenarioSummary scenario,
    ModelFigures parent,
    ImmutableList<LayerTime> parentLayerTimes,
    ImmutableList<TargetSummary> targets,
    ImmutableList<FrontierPoint> frontier,
    ImmutableList<LossCurve> localDistillation,
    ImmutableList<Divergence> diverged,
    ScoringSpeed scoringSpeed,
    AdditivityAudit additivity,
    ImmutableList<StageSeconds> stages,
    ImmutableMap<String, String> environment) {

  /** Batch, prompt and output of the scenario that throughput refers to. */
  public record ScenarioSummary(int batch, int promptTokens, int outputTokens) {}

  /** What is measured of a model; klNats is 0 for the parent; accuracyPreserved is 1 for it. */
  public record ModelFigures(
      String name,
      long params,
      long weightBytes,
      long kvBytes,
      double tokensPerSecond,
      double klNats,
      double klStandardError,
      double lossNats,
      double accuracy,
      double accuracyPreserved) {}

  /** Predicted time of one layer for a whole scenario, attention and FFN apart. */
  public record LayerTime(int layer, double attentionNanos, double ffnNanos) {}

  /** One target of the plan: the child made for it, and what it is compared with. */
  public record TargetSummary(
      String name,
      String goal,
      String directory,
      ModelFigures child,
      ModelFigures childBeforeDistillation,
      ModelFigures greedy,
      ModelFigures random,
      ModelFigures untrained,
      Predicted predicted,
      Solution solution,
      ImmutableList<LayerTime> layerTimes,
      ImmutableList<LossCurve> globalDistillation,
      ImmutableList<Sample> samples) {}

  /** What the cost model and the scores said of the child before it was built. */
  public record Predicted(double tokensPerSecond, long weightBytes, long kvBytes, double klNats) {}

  /** The searched architecture. */
  public record Solution(
      ImmutableList<ChosenLayer> layers,
      int batch,
      double score,
      double bound,
      double gap,
      double seconds) {}

  /** One layer of the child; origin is parent, decoupled, coupled or covering. */
  public record ChosenLayer(int layer, int covers, BlockSpec spec, String origin, double score) {}

  /** One point of the efficient frontier, all predicted. */
  public record FrontierPoint(double tokensPerSecond, double klNats, double accuracy) {}

  /** A named curve: the loss after each step shown. */
  public record LossCurve(String name, ImmutableList<LossPoint> points) {}

  /** The loss after a step. */
  public record LossPoint(int step, double loss) {}

  /** A candidate whose training was stopped. */
  public record Divergence(String candidate, int step, String reason) {}

  /** Suffix-only scoring against full forward passes, on the same candidates. */
  public record ScoringSpeed(double suffixSeconds, double fullSeconds, int candidates) {}

  /** For sampled pairs of replacements: the sum of their scores against the measured KL. */
  public record AdditivityAudit(ImmutableList<AuditedPair> pairs, double correlation) {}

  /** One sampled pair. */
  public record AuditedPair(String first, String second, double predictedKl, double measuredKl) {}

  /** How long a stage took, and whether an earlier run's result was reused. */
  public record StageSeconds(String stage, double seconds, boolean reused) {}

  /** A continuation by parent and child of one prompt. */
  public record Sample(String prompt, String parent, String child) {}
}
