package org.nemotron.nas.pipeline;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.nas.library.InitSettings;
import org.nemotron.nas.library.SearchSpace;
import org.nemotron.nas.score.Score;

/**
 * Everything that a compression run is told: the parent, the texts, the budgets, and how much work
 * each stage may do. Immutable; {@link PlanFiles} reads and writes it as JSON, {@link #toBuilder}
 * changes it.
 *
 * @param parent directory of the parent, in Hugging Face form, or its GGUF file
 * @param output directory of the run
 * @param calibrationTexts text files to learn from; their last part is kept for scores and for
 *     choosing the best child
 * @param heldOutTexts text files that nothing is learned from; the report measures on them
 * @param seed of everything random
 * @param device {@code cpu} or {@code cuda:N}
 * @param dtype element type of all arithmetic
 * @param childDtype element type of the children's files
 * @param threads cores for work that runs side by side; 0 for all there are
 * @param data how text becomes batches
 * @param space which alternatives there are
 * @param start their starting weights
 * @param local blockwise local distillation of sub-blocks
 * @param coupled blockwise local distillation of promising pairs
 * @param scoring scores of candidates
 * @param costs scenario and measurement
 * @param global distillation of whole children
 * @param targets one child for each
 * @param nonFinite what to do about a NaN or an infinity
 */
public record CompressionPlan(
    String parent,
    String output,
    ImmutableList<String> calibrationTexts,
    ImmutableList<String> heldOutTexts,
    long seed,
    String device,
    DType dtype,
    DType childDtype,
    int threads,
    DataPlan data,
    SearchSpace space,
    InitSettings start,
    LocalPlan local,
    CoupledPlan coupled,
    ScoringPlan scoring,
    CostPlan costs,
    GlobalPlan global,
    ImmutableList<Target> targets,
    NonFinite nonFinite) {

  /** Checks what can be seen without looking at files. */
  public CompressionPlan {
    checkArgument(!parent.isEmpty(), "parent must name a directory or a GGUF file");
    checkArgument(!output.isEmpty(), "output must name a directory");
    checkArgument(!calibrationTexts.isEmpty(), "calibrationTexts must name at least one file");
    checkArgument(!heldOutTexts.isEmpty(), "heldOutTexts must name at least one file");
    checkArgument(threads >= 0, "threads (%s) must not be negative", threads);
    boolean onGpu = !Device.parse(device).equals(Device.CPU);
    checkArgument(
        dtype == (onGpu ? DType.BFLOAT16 : DType.FLOAT32),
        "dtype (%s) must be %s to train on %s",
        dtype.configName(),
        onGpu ? "bfloat16" : "float32",
        device);
    checkArgument(childDtype.isFloatingPoint(), "childDtype (%s) must be a float type", childDtype);
    checkArgument(!targets.isEmpty(), "targets must name at least one child");
    checkArgument(
        targets.stream().map(Target::name).distinct().count() == targets.size(),
        "targets must have different names: %s",
        targets.stream().map(Target::name).toList());
  }

  /** Returns a plan with these inputs and the default work of a small parent on a laptop. */
  public static CompressionPlan of(
      String parent,
      String output,
      ImmutableList<String> calibrationTexts,
      ImmutableList<String> heldOutTexts) {
    return new CompressionPlan(
        parent,
        output,
        calibrationTexts,
        heldOutTexts,
        1,
        "cpu",
        DType.FLOAT32,
        DType.BFLOAT16,
        0,
        DataPlan.DEFAULT,
        SearchSpace.PAPER,
        InitSettings.DEFAULT,
        LocalPlan.DEFAULT,
        CoupledPlan.DEFAULT,
        ScoringPlan.DEFAULT,
        CostPlan.DEFAULT,
        GlobalPlan.DEFAULT,
        ImmutableList.of(Target.speedup("1.5x", 1.5), Target.speedup("2x", 2)),
        NonFinite.GO_ON);
  }

  /** Returns a builder that begins with this plan. */
  public CompressionPlanBuilder toBuilder() {
    return new CompressionPlanBuilder(this);
  }

  /** Returns this plan with another parent. */
  public CompressionPlan withParent(String other) {
    return toBuilder().parent(other).build();
  }

  /** Returns this plan on another device, with the element type that it trains in. */
  public CompressionPlan on(Device other) {
    return toBuilder()
        .device(other.toString())
        .dtype(other.equals(Device.CPU) ? DType.FLOAT32 : DType.BFLOAT16)
        .build();
  }

  /** Returns this plan with about a tenth of the work: enough to see every stage run. */
  public CompressionPlan brief() {
    return toBuilder()
        .data(data.brief())
        .start(new InitSettings(start.channels(), start.kvHeads(), 4, start.refit()))
        .local(local.brief())
        .coupled(coupled.brief())
        .scoring(scoring.brief())
        .costs(costs.brief())
        .global(global.brief())
        .build();
  }

  /**
   * How text becomes batches.
   *
   * @param windowTokens tokens per sequence in training and scoring
   * @param batchSize sequences per batch in local distillation
   * @param trainingTokens how much of the calibration text is used, at most
   * @param validationTokens how much of it is kept for scores and the choice of the best child
   * @param heldOutWindowTokens tokens per sequence in the report's measurements
   * @param heldOutWindows sequences per held-out text in the report's measurements
   */
  public record DataPlan(
      int windowTokens,
      int batchSize,
      int trainingTokens,
      int validationTokens,
      int heldOutWindowTokens,
      int heldOutWindows) {
    static final DataPlan DEFAULT = new DataPlan(256, 2, 1_000_000, 3_072, 512, 8);

    /** Checks that all are positive. */
    public DataPlan {
      checkArgument(windowTokens > 1, "windowTokens (%s) must exceed 1", windowTokens);
      checkArgument(batchSize > 0, "batchSize (%s) must be positive", batchSize);
      checkArgument(trainingTokens > 0, "trainingTokens (%s) must be positive", trainingTokens);
      checkArgument(
          validationTokens > 0, "validationTokens (%s) must be positive", validationTokens);
      checkArgument(
          heldOutWindowTokens > 1, "heldOutWindowTokens (%s) must exceed 1", heldOutWindowTokens);
      checkArgument(heldOutWindows > 0, "heldOutWindows (%s) must be positive", heldOutWindows);
    }

    private DataPlan brief() {
      return new DataPlan(windowTokens, batchSize, 100_000, 1_024, 256, 4);
    }
  }

  /**
   * Blockwise local distillation.
   *
   * @param steps batches seen by every candidate
   * @param learningRate highest rate of AdamW
   * @param divergenceFactor a candidate whose loss grows by this factor is stopped
   * @param residentLayers how many layers' candidates train at a time; 0 for as many as the
   *     device's memory holds. Results do not depend on it
   */
  public record LocalPlan(
      int steps, double learningRate, double divergenceFactor, int residentLayers) {
    static final LocalPlan DEFAULT = new LocalPlan(30, 2e-3, 10, 0);

    /** Checks the ranges. */
    public LocalPlan {
      checkArgument(steps > 0, "steps (%s) must be positive", steps);
      checkArgument(learningRate > 0, "learningRate (%s) must be positive", learningRate);
      checkArgument(divergenceFactor > 1, "divergenceFactor (%s) must exceed 1", divergenceFactor);
      checkArgument(
          residentLayers >= 0, "residentLayers (%s) must not be negative", residentLayers);
    }

    /** Returns this plan with another number of layers at a time. */
    public LocalPlan withResidentLayers(int layers) {
      return new LocalPlan(steps, learningRate, divergenceFactor, layers);
    }

    private LocalPlan brief() {
      return new LocalPlan(6, learningRate, divergenceFactor, residentLayers);
    }
  }

  /**
   * Coupled training on the reduced space.
   *
   * @param steps batches seen by every pair; 0 leaves the stage out
   * @param learningRate highest rate of AdamW
   * @param speedups the pairs trained are those that the search picks for these speed-ups over the
   *     parent
   */
  public record CoupledPlan(int steps, double learningRate, ImmutableList<Double> speedups) {
    static final CoupledPlan DEFAULT = new CoupledPlan(40, 1e-3, ImmutableList.of(1.5, 2.0));

    /** Checks the ranges. */
    public CoupledPlan {
      checkArgument(steps >= 0, "coupled steps (%s) must not be negative", steps);
      checkArgument(learningRate > 0, "learningRate (%s) must be positive", learningRate);
      checkArgument(
          speedups.stream().allMatch(speedup -> speedup > 1),
          "coupled speedups (%s) must exceed 1",
          speedups);
    }

    private CoupledPlan brief() {
      return new CoupledPlan(4, learningRate, speedups);
    }
  }

  /**
   * Scores.
   *
   * @param metric by what degradation is measured
   * @param candidatesPerPass how many candidates share one pass through the rest of the parent
   * @param auditedPairs how many pairs of candidates are measured together, to audit additivity
   */
  public record ScoringPlan(Score.Metric metric, int candidatesPerPass, int auditedPairs) {
    static final ScoringPlan DEFAULT = new ScoringPlan(Score.Metric.KL, 4, 8);

    /** Checks the counts. */
    public ScoringPlan {
      checkArgument(
          candidatesPerPass > 0, "candidatesPerPass (%s) must be positive", candidatesPerPass);
      checkArgument(auditedPairs >= 2, "auditedPairs (%s) must be at least 2", auditedPairs);
    }

    private ScoringPlan brief() {
      return new ScoringPlan(metric, candidatesPerPass, 4);
    }
  }

  /**
   * Scenario and measurement of costs.
   *
   * @param batchSizes batches to measure; the search takes the best
   * @param promptTokens tokens read per request
   * @param outputTokens tokens generated per request
   * @param prefillRounds measurements of each prefill
   * @param decodeRounds measurements of each decode step
   * @param generationRounds measurements of each whole model
   * @param corrections how often at most a target with a limit on speed is searched anew because
   *     the architecture found, measured whole before its training, is not as fast as the sum of
   *     its parts; 0 trusts the sum
   */
  public record CostPlan(
      ImmutableList<Integer> batchSizes,
      int promptTokens,
      int outputTokens,
      int prefillRounds,
      int decodeRounds,
      int generationRounds,
      int corrections) {
    static final CostPlan DEFAULT = new CostPlan(ImmutableList.of(16), 128, 128, 12, 300, 3, 0);

    /** Checks that there is a batch size, and that all are positive. */
    public CostPlan {
      checkArgument(!batchSizes.isEmpty(), "batchSizes must name at least one batch");
      batchSizes.forEach(batch -> positive(batch, "batch"));
      positive(promptTokens, "promptTokens");
      positive(outputTokens, "outputTokens");
      positive(prefillRounds, "prefillRounds");
      positive(decodeRounds, "decodeRounds");
      positive(generationRounds, "generationRounds");
      checkArgument(corrections >= 0, "corrections (%s) must not be negative", corrections);
    }

    private CostPlan brief() {
      return new CostPlan(batchSizes, promptTokens, outputTokens, 3, 10, 1, corrections);
    }

    private static void positive(int value, String name) {
      checkArgument(value > 0, "%s (%s) must be positive", name, value);
    }
  }

  /**
   * Global knowledge distillation.
   *
   * @param steps batches seen by each child
   * @param batchSize sequences per batch
   * @param learningRate highest rate of AdamW
   * @param cosineWeight weight of the hidden states' cosine distance; 0 switches it off
   * @param klWeight weight of the logits' KL; 0 switches it off
   * @param lmWeight weight of the next-token loss; 0 switches it off
   * @param evaluateEvery after how many steps the child is measured and its state saved
   */
  public record GlobalPlan(
      int steps,
      int batchSize,
      double learningRate,
      double cosineWeight,
      double klWeight,
      double lmWeight,
      int evaluateEvery) {
    static final GlobalPlan DEFAULT = new GlobalPlan(120, 4, 1e-3, 1, 1, 0, 60);

    /** Checks the ranges. */
    public GlobalPlan {
      checkArgument(steps >= 0, "steps (%s) must not be negative", steps);
      checkArgument(batchSize > 0, "batchSize (%s) must be positive", batchSize);
      checkArgument(learningRate > 0, "learningRate (%s) must be positive", learningRate);
      checkArgument(
          Math.min(cosineWeight, Math.min(klWeight, lmWeight)) >= 0
              && cosineWeight + klWeight + lmWeight > 0,
          "weights (cosine %s, KL %s, LM %s) must not be negative, and one must be positive",
          cosineWeight,
          klWeight,
          lmWeight);
      checkArgument(evaluateEvery > 0, "evaluateEvery (%s) must be positive", evaluateEvery);
    }

    private GlobalPlan brief() {
      return new GlobalPlan(10, batchSize, learningRate, cosineWeight, klWeight, lmWeight, 5);
    }
  }

  /**
   * One child.
   *
   * @param name names its directory
   * @param limits what it must keep to, all at once
   */
  public record Target(String name, ImmutableList<Limit> limits) {
    private static final ImmutableSet<String> RESERVED = ImmutableSet.of(".", "..");

    /** Checks that the name can be part of a file name. */
    public Target {
      checkArgument(
          name.matches("[A-Za-z0-9._-]+") && !RESERVED.contains(name),
          "target name (%s) must consist of letters, digits, dots, dashes and underscores",
          name);
      checkArgument(!limits.isEmpty(), "target %s must have at least one limit", name);
    }

    /** Returns the target of at least {@code factor} times the parent's throughput. */
    public static Target speedup(String name, double factor) {
      return new Target(
          name, ImmutableList.of(new Limit(Quantity.SPEEDUP, Bound.AT_LEAST, factor)));
    }

    /** Returns the target in words. */
    public String goal() {
      return String.join(" and ", limits.stream().map(Limit::toString).toList());
    }
  }

  /** One limit of a target. */
  public record Limit(Quantity quantity, Bound bound, double value) {
    /** Checks the value. */
    public Limit {
      checkArgument(
          Double.isFinite(value) && value > 0,
          "limit on %s (%s) must be positive",
          quantity,
          value);
    }

    @Override
    public String toString() {
      return quantity.words() + " " + bound.words() + " " + value;
    }
  }

  /**
   * What a run does where a candidate or a child under training gives a NaN or an infinity. Values
   * of the parent itself, or of a finished child, always end the run.
   */
  public enum NonFinite {
    /** Leaves the candidate out of scores and search; keeps the best child before it. */
    GO_ON,
    /** Ends the run once the stage is stored; under {@code GO_ON} the next run goes on there. */
    STOP
  }

  /** What can be limited. */
  public enum Quantity {
    /** Generated tokens per second over the parent's, in the same scenario at its best batch. */
    SPEEDUP("speed-up"),
    /** Generated tokens per second. */
    TOKENS_PER_SECOND("tokens per second"),
    /** Time of the whole scenario. */
    LATENCY_MILLIS("latency in ms"),
    /** Time to the first token. */
    PREFILL_MILLIS("time to first token in ms"),
    /** Weights and KV cache. */
    MEMORY_BYTES("memory in bytes"),
    /** Number of parameters. */
    PARAMETERS("parameters");

    private final String words;

    Quantity(String words) {
      this.words = words;
    }

    String words() {
      return words;
    }
  }

  /** From which side a quantity is limited. */
  public enum Bound {
    /** From below. */
    AT_LEAST("at least"),
    /** From above. */
    AT_MOST("at most");

    private final String words;

    Bound(String words) {
      this.words = words;
    }

    String words() {
      return words;
    }
  }
}
