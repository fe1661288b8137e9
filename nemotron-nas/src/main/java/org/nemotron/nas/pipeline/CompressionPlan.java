package org.nemotron.nas.pipeline;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import java.nio.file.Path;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.nas.cost.MemoryFormat;
import org.nemotron.nas.cost.MeterSettings;
import org.nemotron.nas.cost.Scenario;
import org.nemotron.nas.distill.GlobalDistillationSettings;
import org.nemotron.nas.distill.LocalDistillationSettings;
import org.nemotron.nas.distill.OptimizerSettings;
import org.nemotron.nas.library.InitSettings;
import org.nemotron.nas.library.RefitSettings;
import org.nemotron.nas.library.SearchSpace;
import org.nemotron.nas.score.Score;
import org.nemotron.nas.score.ScoringSettings;

/**
 * All settings of a compression run: what it reads, where it runs, how much work each stage does,
 * and the budgets. Immutable; {@link PlanFiles} reads and writes it as JSON, {@link #toBuilder}
 * changes it.
 *
 * @param inputs parent and texts
 * @param execution output, device and arithmetic
 * @param data how text becomes batches
 * @param space which alternatives there are
 * @param init the weights that their training starts from
 * @param local blockwise local distillation of sub-blocks
 * @param coupled blockwise local distillation of promising pairs
 * @param refit of a child after its assembly
 * @param scoring scores of candidates
 * @param costs scenario and measurement
 * @param search rounds that improve what was found
 * @param global distillation of whole children
 * @param targets one child for each
 * @param evaluation benchmark tasks of the report
 */
public record CompressionPlan(
    Inputs inputs,
    Execution execution,
    DataPlan data,
    SearchSpace space,
    InitSettings init,
    LocalDistillationSettings local,
    CoupledPlan coupled,
    RefitSettings refit,
    ScoringSettings scoring,
    CostPlan costs,
    SearchPlan search,
    GlobalDistillationSettings global,
    ImmutableList<Target> targets,
    EvaluationPlan evaluation) {

  /** Checks what can be seen without looking at files. */
  public CompressionPlan {
    checkArgument(!targets.isEmpty(), "targets must name at least one child");
    checkArgument(
        targets.stream().map(Target::name).distinct().count() == targets.size(),
        "targets must have different names: %s",
        targets.stream().map(Target::name).toList());
    checkArgument(
        Score.Metric.MEASURED.contains(scoring.metric())
            || !inputs.ownScores().isEmpty()
            || evaluation.measures(scoring.metric()),
        "scoring.metric (%s) must be one of %s, %s where evaluation.tasks names some, or the metric"
            + " of a file in inputs.ownScores",
        scoring.metric(),
        Score.Metric.MEASURED,
        EvaluationPlan.METRIC);
    checkArgument(
        search.rounds() == 0 || Score.Metric.MEASURED.contains(scoring.metric()),
        "search.rounds (%s) must be 0 where scoring.metric is %s: within a child, candidates are"
            + " scored by %s only",
        search.rounds(),
        scoring.metric(),
        Score.Metric.MEASURED);
    checkArgument(
        search.rounds() == 0 || execution.parent() == ParentPlacement.WHOLE,
        "search.rounds (%s) must be 0 where execution.parent is %s: a round computes with whole"
            + " models",
        search.rounds(),
        execution.parent());
    if (inputs.ownCosts().isEmpty()) {
      targets.forEach(Target::checkMeasured);
    }
    for (CostPlan.Elsewhere elsewhere : costs.elsewhere()) {
      for (String target : elsewhere.targets()) {
        checkArgument(
            targets.stream().anyMatch(one -> one.name().equals(target)),
            "costs.elsewhere: %s is for target %s; there are %s",
            elsewhere.file(),
            target,
            targets.stream().map(Target::name).toList());
      }
    }
  }

  /** Returns a plan with these inputs and the default work of a small parent on a laptop. */
  public static CompressionPlan of(Inputs inputs) {
    return new CompressionPlan(
        inputs,
        Execution.DEFAULT,
        DataPlan.DEFAULT,
        SearchSpace.PAPER,
        InitSettings.DEFAULT,
        LocalDistillationSettings.DEFAULT,
        CoupledPlan.DEFAULT,
        RefitSettings.DEFAULT,
        ScoringSettings.DEFAULT,
        CostPlan.DEFAULT,
        SearchPlan.DEFAULT,
        GlobalDistillationSettings.DEFAULT,
        ImmutableList.of(Target.speedup(1.5), Target.speedup(2)),
        EvaluationPlan.NONE);
  }

  /** Returns a builder that begins with this plan. */
  public CompressionPlanBuilder toBuilder() {
    return new CompressionPlanBuilder(this);
  }

  /** Returns this plan with another parent. */
  public CompressionPlan withParent(Path other) {
    return toBuilder().inputs(inputs.withParent(other)).build();
  }

  /** Returns this plan with another directory of the run. */
  public CompressionPlan withOutput(Path other) {
    return toBuilder().execution(execution.withOutput(other)).build();
  }

  /** Returns this plan on another device, with the element type that it trains in. */
  public CompressionPlan on(Device other) {
    return toBuilder().execution(execution.on(other)).build();
  }

  /** Returns this plan with about a tenth of the work: enough to see every stage run. */
  public CompressionPlan brief() {
    return toBuilder()
        .data(data.brief())
        .init(init.toBuilder().calibrationBatches(4).build())
        .local(local.withSteps(6))
        .coupled(coupled.withSteps(4))
        .refit(refit.withBatches(Math.min(4, refit.batches())))
        .scoring(scoring.withAuditedPairs(4))
        .costs(
            costs.withMeter(MeterSettings.BRIEF).withCorrections(Math.min(1, costs.corrections())))
        .search(search.withRounds(Math.min(1, search.rounds())))
        .global(global.withSteps(10).withEvaluateEvery(5))
        .build();
  }

  /**
   * What a run reads.
   *
   * @param parent directory of the parent, in Hugging Face form, or its GGUF file
   * @param texts text files to learn from; their last part is kept for scores and for choosing the
   *     best child
   * @param documents what to learn from instead of texts, in files of many kinds and of any size
   * @param heldOut text files that nothing is learned from; the report measures on them
   * @param ownScores files of scores by metrics of the user's own, which {@link OwnFiles} reads
   * @param ownCosts files of costs of the user's own, which {@link OwnFiles} reads
   */
  public record Inputs(
      Path parent,
      ImmutableList<Path> texts,
      ImmutableList<Path> heldOut,
      ImmutableList<Path> ownScores,
      ImmutableList<Path> ownCosts,
      DocumentPlan documents) {
    /** Makes inputs without own scores and costs. */
    public Inputs(Path parent, ImmutableList<Path> texts, ImmutableList<Path> heldOut) {
      this(parent, texts, heldOut, ImmutableList.of(), ImmutableList.of(), DocumentPlan.NONE);
    }

    /** Checks that all are named. */
    public Inputs {
      checkArgument(!parent.toString().isEmpty(), "parent must name a directory or a GGUF file");
      checkArgument(
          !texts.isEmpty() || documents.isUsed(),
          "texts must name at least one file, or documents one source");
      checkArgument(
          texts.isEmpty() || !documents.isUsed(),
          "texts (%s) must be empty where documents names sources",
          texts);
      checkArgument(
          !heldOut.isEmpty() || (documents.isUsed() && documents.heldOutShare() > 0),
          "heldOut must name at least one file, or documents have a heldOutShare");
    }

    /** Returns these inputs with another parent. */
    public Inputs withParent(Path other) {
      return new Inputs(other, texts, heldOut, ownScores, ownCosts, documents);
    }

    /** Returns these inputs with other files of own scores. */
    public Inputs withOwnScores(Path... files) {
      return new Inputs(parent, texts, heldOut, ImmutableList.copyOf(files), ownCosts, documents);
    }

    /** Returns these inputs with other files of own costs. */
    public Inputs withOwnCosts(Path... files) {
      return new Inputs(parent, texts, heldOut, ownScores, ImmutableList.copyOf(files), documents);
    }

    /** Returns these inputs with documents to learn from in place of texts. */
    public Inputs withDocuments(DocumentPlan others) {
      return new Inputs(parent, ImmutableList.of(), heldOut, ownScores, ownCosts, others);
    }
  }

  /**
   * Where and how a run works.
   *
   * @param output directory of the run
   * @param device the CPU or a GPU
   * @param dtype element type of all arithmetic
   * @param childDtype element type of the children's files
   * @param threads cores for work that runs side by side; 0 for all there are
   * @param seed of everything random
   * @param nonFinite what to do about a NaN or an infinity
   * @param parent what each process holds of the parent; results do not depend on it
   */
  public record Execution(
      Path output,
      Device device,
      DType dtype,
      DType childDtype,
      int threads,
      long seed,
      NonFinite nonFinite,
      ParentPlacement parent) {
    /** The directory {@code run}, float32 on all cores, children in bfloat16, seed 1. */
    public static final Execution DEFAULT =
        new Execution(
            Path.of("run"), Device.CPU, DType.FLOAT32, DType.BFLOAT16, 0, 1, NonFinite.CONTINUE);

    /** Makes an execution with the whole parent in each process. */
    public Execution(
        Path output,
        Device device,
        DType dtype,
        DType childDtype,
        int threads,
        long seed,
        NonFinite nonFinite) {
      this(output, device, dtype, childDtype, threads, seed, nonFinite, ParentPlacement.WHOLE);
    }

    /** Checks that the device trains in the element type. */
    public Execution {
      checkArgument(!output.toString().isEmpty(), "output must name a directory");
      checkArgument(
          dtype == trainingType(device),
          "dtype (%s) must be %s to train on %s",
          dtype.configName(),
          trainingType(device).configName(),
          device);
      checkArgument(
          childDtype.isFloatingPoint(), "childDtype (%s) must be a float type", childDtype);
      checkArgument(threads >= 0, "threads (%s) must not be negative", threads);
    }

    private static DType trainingType(Device device) {
      return device.equals(Device.CPU) ? DType.FLOAT32 : DType.BFLOAT16;
    }

    /** Returns the same with another directory of the run. */
    public Execution withOutput(Path other) {
      return new Execution(other, device, dtype, childDtype, threads, seed, nonFinite, parent);
    }

    /** Returns the same on another device, with the element type that it trains in. */
    public Execution on(Device other) {
      return new Execution(
          output, other, trainingType(other), childDtype, threads, seed, nonFinite, parent);
    }

    /** Returns the same on another device of the same kind, in the same element type. */
    public Execution withDevice(Device other) {
      checkArgument(
          other.kind().equals(device.kind()), "device %s must be a %s", other, device.kind());
      return new Execution(output, other, dtype, childDtype, threads, seed, nonFinite, parent);
    }

    /** Returns the same with another element type of the children's files. */
    public Execution withChildDtype(DType other) {
      return new Execution(output, device, dtype, other, threads, seed, nonFinite, parent);
    }

    /** Returns the same with another number of cores. */
    public Execution withThreads(int other) {
      return new Execution(output, device, dtype, childDtype, other, seed, nonFinite, parent);
    }

    /** Returns the same with another seed. */
    public Execution withSeed(long other) {
      return new Execution(output, device, dtype, childDtype, threads, other, nonFinite, parent);
    }

    /** Returns the same with another reaction to a NaN or an infinity. */
    public Execution withNonFinite(NonFinite other) {
      return new Execution(output, device, dtype, childDtype, threads, seed, other, parent);
    }

    /** Returns the same with another share of the parent in each process. */
    public Execution withParent(ParentPlacement other) {
      return new Execution(output, device, dtype, childDtype, threads, seed, nonFinite, other);
    }
  }

  /** What each process of a run holds of the parent on its device. */
  public enum ParentPlacement {
    /** All of it, from the beginning to the end. */
    WHOLE,
    /**
     * Embedding, final norm and head, and of the layers what a stage needs: in calibration and
     * local distillation those whose candidates the process trains, in global distillation a slice
     * of each, and else one after the other. The layers stay in the files that they are read from,
     * whose pages the processes of a machine share. Finished children are held in the same way.
     */
    DIVIDED
  }

  /**
   * What a run does where a candidate or a child under training gives a NaN or an infinity. Values
   * of the parent itself, or of a finished child, always end the run.
   */
  public enum NonFinite {
    /** Leaves the candidate out of scores and search; keeps the best child before it. */
    CONTINUE,
    /** Ends the run once the stage is stored; under {@code CONTINUE} the next run resumes there. */
    STOP
  }

  /**
   * How text becomes batches.
   *
   * @param windowTokens tokens per sequence in training and scoring
   * @param batchSize sequences per batch in local distillation and scoring
   * @param globalBatchSize sequences per batch in global distillation
   * @param trainingTokens how much of the texts or documents is used, at most
   * @param validationTokens how much of it is kept for scores and the choice of the best child
   * @param heldOutWindowTokens tokens per sequence in the report's measurements
   * @param heldOutWindows sequences per held-out text in the report's measurements
   */
  public record DataPlan(
      int windowTokens,
      int batchSize,
      int globalBatchSize,
      long trainingTokens,
      int validationTokens,
      int heldOutWindowTokens,
      int heldOutWindows) {
    static final DataPlan DEFAULT = new DataPlan(256, 2, 4, 1_000_000, 3_072, 512, 8);

    /** Checks that all are positive. */
    public DataPlan {
      checkArgument(windowTokens > 1, "windowTokens (%s) must exceed 1", windowTokens);
      checkArgument(batchSize > 0, "batchSize (%s) must be positive", batchSize);
      checkArgument(globalBatchSize > 0, "globalBatchSize (%s) must be positive", globalBatchSize);
      checkArgument(trainingTokens > 0, "trainingTokens (%s) must be positive", trainingTokens);
      checkArgument(
          validationTokens > 0, "validationTokens (%s) must be positive", validationTokens);
      checkArgument(
          heldOutWindowTokens > 1, "heldOutWindowTokens (%s) must exceed 1", heldOutWindowTokens);
      checkArgument(heldOutWindows > 0, "heldOutWindows (%s) must be positive", heldOutWindows);
    }

    /** Returns a builder that begins with this plan. */
    public DataPlanBuilder toBuilder() {
      return new DataPlanBuilder(this);
    }

    private DataPlan brief() {
      return new DataPlan(windowTokens, batchSize, globalBatchSize, 100_000, 1_024, 256, 4);
    }
  }

  /**
   * Coupled training on the reduced space; what is not here is as in local distillation.
   *
   * @param steps batches seen by every pair; 0 leaves the stage out
   * @param optimizer rate, schedule, decay, clipping
   * @param speedups the pairs trained are those that the search picks for these speed-ups over the
   *     parent
   */
  public record CoupledPlan(
      int steps, OptimizerSettings optimizer, ImmutableList<Double> speedups) {
    static final CoupledPlan DEFAULT =
        new CoupledPlan(40, OptimizerSettings.ofRate(1e-3), ImmutableList.of(1.5, 2.0));

    /** Checks the ranges. */
    public CoupledPlan {
      checkArgument(steps >= 0, "coupled steps (%s) must not be negative", steps);
      checkArgument(
          speedups.stream().allMatch(speedup -> speedup > 1),
          "coupled speedups (%s) must exceed 1",
          speedups);
    }

    /** Returns the same with another number of steps. */
    public CoupledPlan withSteps(int other) {
      return new CoupledPlan(other, optimizer, speedups);
    }

    /** Returns the same for the pairs that the search picks for other speed-ups. */
    public CoupledPlan withSpeedups(Double... others) {
      return new CoupledPlan(steps, optimizer, ImmutableList.copyOf(others));
    }
  }

  /**
   * Scenario and measurement of costs.
   *
   * @param batchSizes batches to measure; the search takes the best
   * @param promptTokens tokens read per request
   * @param outputTokens tokens generated per request
   * @param meter how often each cost is measured
   * @param corrections how often at most a target with a limit on speed is searched anew because
   *     the architecture found, measured whole before its training, is not as fast as the sum of
   *     its parts; 0 trusts the sum
   * @param memoryFormat in which formats limits on memory count weights and KV cache
   * @param elsewhere files of costs that were measured on other machines, and the targets that are
   *     searched with them
   * @param tensorParallel how many GPUs are to serve a child together: costs are measured on as
   *     many, and limits on memory count each GPU's
   */
  public record CostPlan(
      ImmutableList<Integer> batchSizes,
      int promptTokens,
      int outputTokens,
      MeterSettings meter,
      int corrections,
      MemoryFormat memoryFormat,
      ImmutableList<Elsewhere> elsewhere,
      int tensorParallel) {
    static final CostPlan DEFAULT =
        new CostPlan(ImmutableList.of(16), 128, 128, MeterSettings.DEFAULT, 4);

    /** Makes a plan that counts memory as this library serves. */
    public CostPlan(
        ImmutableList<Integer> batchSizes,
        int promptTokens,
        int outputTokens,
        MeterSettings meter,
        int corrections) {
      this(
          batchSizes,
          promptTokens,
          outputTokens,
          meter,
          corrections,
          MemoryFormat.SERVING,
          ImmutableList.of(),
          1);
    }

    /**
     * A file that {@link MeasuredCosts} wrote on another machine.
     *
     * @param targets names of those that are searched with it
     */
    public record Elsewhere(Path file, ImmutableList<String> targets) {
      /** Checks that there is a target. */
      public Elsewhere {
        checkArgument(!targets.isEmpty(), "costs of %s must name at least one target", file);
      }
    }

    /** Checks that there is a batch size, and that each makes a scenario. */
    public CostPlan {
      checkArgument(!batchSizes.isEmpty(), "batchSizes must name at least one batch");
      ImmutableList<Scenario> unused =
          scenarios(batchSizes, promptTokens, outputTokens, tensorParallel);
      checkArgument(corrections >= 0, "corrections (%s) must not be negative", corrections);
    }

    /** Returns the scenario with each batch size. */
    public ImmutableList<Scenario> scenarios() {
      return scenarios(batchSizes, promptTokens, outputTokens, tensorParallel);
    }

    private static ImmutableList<Scenario> scenarios(
        ImmutableList<Integer> batchSizes, int promptTokens, int outputTokens, int tensorParallel) {
      return batchSizes.stream()
          .map(batch -> new Scenario(batch, promptTokens, outputTokens, tensorParallel))
          .collect(ImmutableList.toImmutableList());
    }

    /** Returns the same for other scenarios: these batches, of requests of these lengths. */
    public CostPlan withScenarios(ImmutableList<Integer> batches, int prompt, int output) {
      return new CostPlan(
          batches, prompt, output, meter, corrections, memoryFormat, elsewhere, tensorParallel);
    }

    /** Returns the same with other numbers of measurements. */
    public CostPlan withMeter(MeterSettings other) {
      return new CostPlan(
          batchSizes,
          promptTokens,
          outputTokens,
          other,
          corrections,
          memoryFormat,
          elsewhere,
          tensorParallel);
    }

    /** Returns the same with another number of corrections. */
    public CostPlan withCorrections(int other) {
      return new CostPlan(
          batchSizes,
          promptTokens,
          outputTokens,
          meter,
          other,
          memoryFormat,
          elsewhere,
          tensorParallel);
    }

    /** Returns the same with costs of other machines. */
    public CostPlan withElsewhere(Elsewhere... others) {
      return new CostPlan(
          batchSizes,
          promptTokens,
          outputTokens,
          meter,
          corrections,
          memoryFormat,
          ImmutableList.copyOf(others),
          tensorParallel);
    }

    /** Returns the same with memory counted in other formats. */
    public CostPlan withMemoryFormat(MemoryFormat other) {
      return new CostPlan(
          batchSizes,
          promptTokens,
          outputTokens,
          meter,
          corrections,
          other,
          elsewhere,
          tensorParallel);
    }

    /** Returns the same for children that so many GPUs serve together. */
    public CostPlan withTensorParallel(int degree) {
      return new CostPlan(
          batchSizes,
          promptTokens,
          outputTokens,
          meter,
          corrections,
          memoryFormat,
          elsewhere,
          degree);
    }
  }
}
