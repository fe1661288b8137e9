package org.nemotron.nas.report;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.Comparator;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.nas.cost.MedianInterval;

/**
 * The results of a finished run: the content of summary.json and of the HTML page. Immutable.
 *
 * <p>Every figure is checked where it is made: a number that is not finite is refused here, by the
 * name of its component, and so never reaches a report. Layers are numbered from 0, as in the
 * parent.
 *
 * @param parentName the parent's name, usually that of its directory
 * @param scenario the scenario of every throughput; a child's batch may be another
 * @param parent the parent's measured figures
 * @param parentLayerTimes one entry per parent layer, in order
 * @param targets at least one, in the order of the plan; the first one is the main child
 * @param frontier the best architectures over a range of throughputs, as predicted
 * @param localDistillation one curve per trained candidate, named by its id
 * @param diverged the candidates whose training was stopped
 * @param scoringSpeed the speed-up of suffix-only scoring
 * @param additivity whether scores may be added
 * @param stages the stages in the order they ran
 * @param environment what the figures depend on (machine, JDK, LibTorch, threads, data), by name
 * @param benchmarks parent and children on benchmark tasks
 * @param bill what the stages were estimated to take, beside what they took; empty without estimate
 */
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
    ImmutableMap<String, String> environment,
    BenchmarkTable benchmarks,
    ImmutableList<StageBill> bill) {

  /** Makes a summary without an estimate. */
  public RunSummary(
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
      ImmutableMap<String, String> environment,
      BenchmarkTable benchmarks) {
    this(
        parentName,
        scenario,
        parent,
        parentLayerTimes,
        targets,
        frontier,
        localDistillation,
        diverged,
        scoringSpeed,
        additivity,
        stages,
        environment,
        benchmarks,
        ImmutableList.of());
  }

  /** Makes a summary without benchmarks. */
  public RunSummary(
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
    this(
        parentName,
        scenario,
        parent,
        parentLayerTimes,
        targets,
        frontier,
        localDistillation,
        diverged,
        scoringSpeed,
        additivity,
        stages,
        environment,
        BenchmarkTable.NONE);
  }

  /** Checks that there is a target and that their names differ. */
  public RunSummary {
    named(parentName, "parentName");
    checkArgument(!targets.isEmpty(), "targets ([]) must hold at least one target");
    ImmutableList<String> names =
        targets.stream().map(TargetSummary::name).collect(ImmutableList.toImmutableList());
    checkArgument(
        names.stream().distinct().count() == names.size(),
        "targets (%s) must have different names",
        names);
    checkArgument(
        benchmarks.rows().isEmpty() || benchmarks.meanPreserved().size() == targets.size(),
        "benchmarks must have a child for each of %s",
        names);
  }

  /** Returns this summary with what its stages were estimated to take. */
  public RunSummary withBill(ImmutableList<StageBill> stagesBill) {
    return new RunSummary(
        parentName,
        scenario,
        parent,
        parentLayerTimes,
        targets,
        frontier,
        localDistillation,
        diverged,
        scoringSpeed,
        additivity,
        stages,
        environment,
        benchmarks,
        stagesBill);
  }

  /** Returns whether every limit of every target is met as measured. */
  public boolean met() {
    return targets.stream().allMatch(TargetSummary::met);
  }

  /** Returns the target whose child stands for the run. */
  public TargetSummary mainTarget() {
    return targets.get(0);
  }

  /**
   * Returns the target of this name.
   *
   * @throws java.util.NoSuchElementException if there is none
   */
  public TargetSummary target(String name) {
    return targets.stream().filter(target -> target.name().equals(name)).findFirst().orElseThrow();
  }

  private static void named(String value, String component) {
    checkArgument(!value.isBlank(), "%s (\"%s\") must not be blank", component, value);
  }

  private static void finite(double value, String component) {
    checkArgument(Double.isFinite(value), "%s (%s) must be a finite number", component, value);
  }

  private static void notNegative(double value, String component) {
    checkArgument(
        value >= 0 && Double.isFinite(value),
        "%s (%s) must be a finite number, not negative",
        component,
        value);
  }

  private static void positive(double value, String component) {
    checkArgument(
        value > 0 && Double.isFinite(value),
        "%s (%s) must be a finite number above 0",
        component,
        value);
  }

  private static void positive(long value, String component) {
    checkArgument(value > 0, "%s (%s) must be positive", component, value);
  }

  private static void notNegative(long value, String component) {
    checkArgument(value >= 0, "%s (%s) must not be negative", component, value);
  }

  private static void share(double value, String component) {
    checkArgument(value >= 0 && value <= 1, "%s (%s) must lie between 0 and 1", component, value);
  }

  /**
   * Batch, prompt and output of the scenario that throughput and KV cache refer to.
   *
   * @param tensorParallel how many GPUs compute together; their tokens count together
   */
  public record ScenarioSummary(int batch, int promptTokens, int outputTokens, int tensorParallel) {
    /** Checks that there is something to generate. */
    public ScenarioSummary {
      positive(batch, "batch");
      notNegative(promptTokens, "promptTokens");
      positive(outputTokens, "outputTokens");
      positive(tensorParallel, "tensorParallel");
    }

    /** Makes the scenario of one device. */
    public ScenarioSummary(int batch, int promptTokens, int outputTokens) {
      this(batch, promptTokens, outputTokens, 1);
    }

    /** Returns what sentences about throughput add where several GPUs compute together. */
    public String gpus() {
      return tensorParallel == 1
          ? ""
          : " on " + tensorParallel + " GPUs together (tensor parallel)";
    }

    /** Returns generated tokens a second and GPU. */
    public double perGpu(double tokensPerSecond) {
      return tokensPerSecond / tensorParallel;
    }
  }

  /**
   * The measurements of one model.
   *
   * @param name the model's name
   * @param params its parameters, tied embeddings counted once
   * @param weightBytes the memory of its weights
   * @param kvBytes the memory of its KV cache for the whole scenario
   * @param tokensPerSecond generated tokens per second for the whole scenario
   * @param klNats KL(parent ‖ model), mean over held-out tokens; 0 for the parent
   * @param klStandardError the standard error of {@code klNats} over sequences
   * @param lossNats the mean held-out loss per token
   * @param accuracy the share of held-out tokens that the model ranks first
   * @param accuracyPreserved {@code accuracy} divided by the parent's; 1 for the parent
   */
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
      double accuracyPreserved) {
    /** Checks that every figure is a number that a report can show. */
    public ModelFigures {
      named(name, "name");
      String of = name + ": ";
      positive(params, of + "params");
      positive(weightBytes, of + "weightBytes");
      notNegative(kvBytes, of + "kvBytes");
      positive(tokensPerSecond, of + "tokensPerSecond");
      finite(klNats, of + "klNats");
      notNegative(klStandardError, of + "klStandardError");
      finite(lossNats, of + "lossNats");
      share(accuracy, of + "accuracy");
      notNegative(accuracyPreserved, of + "accuracyPreserved");
    }
  }

  /**
   * Predicted time of one layer for a whole scenario, attention and FFN apart; for a block that
   * covers several layers, {@code layer} is the first of them.
   */
  public record LayerTime(int layer, double attentionNanos, double ffnNanos) {
    /** Checks that the times are times. */
    public LayerTime {
      notNegative(layer, "layer");
      notNegative(attentionNanos, "layer " + layer + ": attentionNanos");
      notNegative(ffnNanos, "layer " + layer + ": ffnNanos");
    }
  }

  /**
   * One target of the plan: its child, and the models that the child is compared with.
   *
   * @param name the target's name in the plan
   * @param goal the budget in words
   * @param directory where the child was written
   * @param speedUp how many times as many tokens per second as the parent the child generates, both
   *     measured in turns
   * @param speedUpMachine the machine that {@code speedUp} was measured on, in words, where the
   *     child is for another than the run's; otherwise empty
   * @param limits those of the target's limits that only a measurement of the whole model can tell
   * @param child the finished child
   * @param childBeforeDistillation the same child as assembled, before global distillation
   * @param greedy the greedy search's child within the same budget
   * @param random a random architecture within the same budget
   * @param untrained the child's architecture with starting weights alone, without local
   *     distillation
   * @param predicted the child's predicted figures
   * @param solution its architecture
   * @param layerTimes one entry per block of the child, in order
   * @param globalDistillation the losses of global distillation
   * @param samples text by parent and child
   * @param rounds of the search near what it found first; empty where the plan has none
   */
  public record TargetSummary(
      String name,
      String goal,
      String directory,
      MedianInterval speedUp,
      String speedUpMachine,
      ImmutableList<CheckedLimit> limits,
      ModelFigures child,
      ModelFigures childBeforeDistillation,
      ModelFigures greedy,
      ModelFigures random,
      ModelFigures untrained,
      Predicted predicted,
      Solution solution,
      ImmutableList<LayerTime> layerTimes,
      ImmutableList<LossCurve> globalDistillation,
      ImmutableList<Sample> samples,
      ImmutableList<SearchRound> rounds) {
    /** Makes the summary of a target that was searched once. */
    public TargetSummary(
        String name,
        String goal,
        String directory,
        MedianInterval speedUp,
        String speedUpMachine,
        ImmutableList<CheckedLimit> limits,
        ModelFigures child,
        ModelFigures childBeforeDistillation,
        ModelFigures greedy,
        ModelFigures random,
        ModelFigures untrained,
        Predicted predicted,
        Solution solution,
        ImmutableList<LayerTime> layerTimes,
        ImmutableList<LossCurve> globalDistillation,
        ImmutableList<Sample> samples) {
      this(
          name,
          goal,
          directory,
          speedUp,
          speedUpMachine,
          limits,
          child,
          childBeforeDistillation,
          greedy,
          random,
          untrained,
          predicted,
          solution,
          layerTimes,
          globalDistillation,
          samples,
          ImmutableList.of());
    }

    /** Checks that the target can be named. */
    public TargetSummary {
      named(name, "name");
    }

    /** Returns whether every limit is met as measured. */
    public boolean met() {
      return outcome() == LimitOutcome.MET;
    }

    /** Returns the worst of all limits' outcomes. */
    public LimitOutcome outcome() {
      return limits.stream()
          .map(CheckedLimit::outcome)
          .max(Comparator.naturalOrder())
          .orElse(LimitOutcome.MET);
    }
  }

  /**
   * A limit on speed, and what was measured of it.
   *
   * @param limit in words
   * @param measured in the limit's unit
   * @param outcome by the whole interval
   */
  public record CheckedLimit(String limit, MedianInterval measured, LimitOutcome outcome) {
    /** Checks that the limit is named. */
    public CheckedLimit {
      named(limit, "limit");
    }

    /** Returns whether the whole interval keeps to the limit. */
    public boolean met() {
      return outcome == LimitOutcome.MET;
    }
  }

  /** How an interval that was measured lies to a limit. */
  public enum LimitOutcome {
    /** All of it keeps to the limit: for a limit from below, its lower end too. */
    MET("met"),
    /** The limit lies within it. */
    NOT_CERTAIN("not certain"),
    /** None of it keeps to the limit: for a limit from below, not even its upper end. */
    NOT_MET("NOT met");

    private final String words;

    LimitOutcome(String words) {
      this.words = words;
    }

    /** Returns the outcome as headlines and {@code summary.json} say it. */
    public String words() {
      return words;
    }
  }

  /**
   * The child's figures as predicted by cost table and scores.
   *
   * @param speedUp times the parent's generated tokens per second
   * @param klNats of the child before global distillation: the sum of the chosen blocks' scores,
   *     or, after rounds that changed it, what the scores of the last such round say
   */
  public record Predicted(double speedUp, long weightBytes, long kvBytes, double klNats) {
    /** Checks that every figure is a number. */
    public Predicted {
      positive(speedUp, "speedUp");
      positive(weightBytes, "weightBytes");
      notNegative(kvBytes, "kvBytes");
      finite(klNats, "klNats");
    }
  }

  /**
   * The searched architecture.
   *
   * @param layers the child's blocks in order; together they cover every parent layer once
   * @param batch the batch that the search chose
   * @param score the summed scores of the chosen blocks, in nats
   * @param bound a lower bound on the score of every architecture within the budget
   * @param gap how far {@code score} may lie above the best, relative to it; 0 when proven best
   * @param seconds the search's run time
   */
  public record Solution(
      ImmutableList<ChosenLayer> layers,
      int batch,
      double score,
      double bound,
      double gap,
      double seconds) {
    /** Checks the figures, and that each block begins where the one before it ends. */
    public Solution {
      positive(batch, "batch");
      finite(score, "score");
      finite(bound, "bound");
      notNegative(gap, "gap");
      notNegative(seconds, "seconds");
      int next = 0;
      for (ChosenLayer block : layers) {
        checkArgument(
            block.layer() == next,
            "layers: a block stands at layer %s and must stand at layer %s, where the one before"
                + " it ends",
            block.layer(),
            next);
        next += block.covers();
      }
    }

    /** Returns the number of parent layers that the blocks replace. */
    public int parentLayers() {
      return layers.stream().mapToInt(ChosenLayer::covers).sum();
    }
  }

  /**
   * One block of the child.
   *
   * @param layer the first parent layer that it replaces
   * @param covers how many consecutive parent layers it replaces, usually 1
   * @param origin where its weights come from: parent, decoupled, coupled or multi-layer
   * @param score its degradation, in nats
   */
  public record ChosenLayer(int layer, int covers, BlockSpec spec, String origin, double score) {
    /** Checks the range and the score. */
    public ChosenLayer {
      notNegative(layer, "layer");
      positive(covers, "layer " + layer + ": covers");
      named(origin, "layer " + layer + ": origin");
      finite(score, "layer " + layer + ": score");
    }
  }

  /** One point of the efficient frontier, all predicted. */
  public record FrontierPoint(double tokensPerSecond, double klNats, double accuracy) {
    /** Checks that the point can be drawn. */
    public FrontierPoint {
      positive(tokensPerSecond, "tokensPerSecond");
      finite(klNats, "klNats");
      share(accuracy, "accuracy");
    }
  }

  /** A named curve: the loss after each step shown. */
  public record LossCurve(String name, ImmutableList<LossPoint> points) {
    /** Checks that the curve can be named. */
    public LossCurve {
      named(name, "name");
    }
  }

  /** The loss after a step. */
  public record LossPoint(int step, double loss) {
    /** Checks that the loss is a number: a diverged candidate's curve ends before its NaN. */
    public LossPoint {
      notNegative(step, "step");
      finite(loss, "step " + step + ": loss");
    }
  }

  /** A candidate whose training was stopped. */
  public record Divergence(String candidate, int step, String reason) {
    /** Checks that the candidate is named. */
    public Divergence {
      named(candidate, "candidate");
      notNegative(step, candidate + ": step");
    }
  }

  /** Suffix-only scoring against full forward passes, on the same candidates. */
  public record ScoringSpeed(double suffixSeconds, double fullSeconds, int candidates) {
    /** Checks that a quotient can be formed. */
    public ScoringSpeed {
      positive(suffixSeconds, "suffixSeconds");
      positive(fullSeconds, "fullSeconds");
      positive(candidates, "candidates");
    }

    /** Returns how many times as fast suffix-only scoring is. */
    public double speedUp() {
      return fullSeconds / suffixSeconds;
    }
  }

  /**
   * For sampled pairs of replacements: the sum of their scores against the measured KL.
   *
   * @param correlation Pearson's, between the two; 0 when there are too few pairs to tell
   */
  public record AdditivityAudit(ImmutableList<AuditedPair> pairs, double correlation) {
    /** Checks the range of the correlation. */
    public AdditivityAudit {
      checkArgument(
          Math.abs(correlation) <= 1 + 1e-9,
          "correlation (%s) must lie between -1 and 1",
          correlation);
    }
  }

  /** One sampled pair. */
  public record AuditedPair(String first, String second, double predictedKl, double measuredKl) {
    /** Checks that both sides are numbers. */
    public AuditedPair {
      finite(predictedKl, first + " with " + second + ": predictedKl");
      finite(measuredKl, first + " with " + second + ": measuredKl");
    }
  }

  /** A stage's run time, and whether an earlier run's result was reused. */
  public record StageSeconds(String stage, double seconds, boolean reused) {
    /** Checks that the stage is named and its time is one. */
    public StageSeconds {
      named(stage, "stage");
      notNegative(seconds, stage + ": seconds");
    }
  }

  /** A continuation by parent and child of one prompt. */
  public record Sample(String prompt, String parent, String child) {}
}
