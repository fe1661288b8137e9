package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.PassFlops;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.Seed;
import org.nemotron.core.text.EvaluationBatches;
import org.nemotron.core.text.TokenBatches;
import org.nemotron.core.text.TokenCorpus;
import org.nemotron.nas.cost.CostTable;
import org.nemotron.nas.cost.DeviceLimits;
import org.nemotron.nas.cost.Latency;
import org.nemotron.nas.cost.LatencyMeter;
import org.nemotron.nas.cost.MeterSettings;
import org.nemotron.nas.cost.Scenario;
import org.nemotron.nas.distill.GlobalDistillation;
import org.nemotron.nas.distill.GlobalDistiller;
import org.nemotron.nas.distill.GlobalWork;
import org.nemotron.nas.distill.LocalDistillation;
import org.nemotron.nas.distill.LocalDistiller;
import org.nemotron.nas.distill.LocalWork;
import org.nemotron.nas.estimate.MachineRates;
import org.nemotron.nas.estimate.PassRate;
import org.nemotron.nas.estimate.ServingRate;
import org.nemotron.nas.estimate.Work;
import org.nemotron.nas.estimate.WorkKind;
import org.nemotron.nas.library.BlockLibrary;
import org.nemotron.nas.library.CalibrationWork;
import org.nemotron.nas.library.Calibrator;
import org.nemotron.nas.library.Candidate;
import org.nemotron.nas.library.SearchSpace;
import org.nemotron.nas.score.BlockScorer;
import org.nemotron.nas.score.ModelEvaluator;
import org.nemotron.nas.score.ScoreTable;
import org.nemotron.nas.score.ScoringWork;

/**
 * Measures what this machine does, in seconds: the stages themselves, on random text and models of
 * one and of several layers of the parent's shape with random weights.
 *
 * <p>A rate so measured includes all that is not a matrix product, and how well small work fills
 * the cores. Two depths tell layers from head. Where a step would take long, batches are smaller.
 */
final class RateProbe {
  /** The deeper the model, the less does noise count that is drawn out to all layers. */
  private static final int MOST_DEPTH = 8;

  private static final int LEAST_DEPTH = 3;

  /** A deeper model has no more parameters than these, which are trained in some gigabytes. */
  private static final long MOST_PARAMETERS = 100_000_000;

  private static final int STEPS = 4;
  private static final int EVALUATIONS = 3;
  private static final int CALIBRATION_BATCHES = 3;

  /** No step is to take longer, at a third of the rate of large products. */
  private static final double MOST_STEP_SECONDS = 1;

  private static final double USUAL_SHARE = 1 / 3.0;
  private static final int LEAST_WINDOW = 32;
  private static final MeterSettings METER = new MeterSettings(1, 3, 1);

  private final CompressionPlan plan;
  private final ModelSpec parent;
  private final ModelSpec shallow;
  private final ModelSpec deep;
  private final SearchSpace space;
  private final int threads;

  RateProbe(CompressionPlan plan, ModelSpec parent) {
    this.plan = plan;
    this.parent = parent;
    this.shallow = parent.withBlocks(parent.blocks().subList(0, 1));
    this.deep = parent.withBlocks(parent.blocks().subList(0, depth(parent)));
    this.space = plan.space().toBuilder().keepLayers().build();
    this.threads =
        plan.execution().threads() == 0 ? CpuThreads.available() : plan.execution().threads();
  }

  private static int depth(ModelSpec parent) {
    int depth = Math.min(MOST_DEPTH, parent.layers());
    while (depth > LEAST_DEPTH
        && parent.withBlocks(parent.blocks().subList(0, depth)).parameters() > MOST_PARAMETERS) {
      depth--;
    }
    return depth;
  }

  /** Sequences and tokens of a batch that is measured. */
  private record Shape(int batch, int window) {}

  /**
   * Measures.
   *
   * @param tokenizerTokens made of text per second
   */
  MachineRates measure(double tokenizerTokens) throws IOException {
    long start = System.nanoTime();
    DeviceLimits limits = DeviceLimits.measure(plan.execution().device());
    ImmutableMap.Builder<WorkKind, PassRate> passes = ImmutableMap.builder();
    ImmutableList<ServingRate> serving;
    try (HeterogeneousModel one = RandomWeights.model(shallow, plan.execution());
        HeterogeneousModel several = RandomWeights.model(deep, plan.execution())) {
      ofLibrary(several, limits, passes);
      passes.put(WorkKind.GLOBAL_TRAINING, global(one, several, limits));
      passes.put(WorkKind.EVALUATION, evaluation(one, several, limits));
    }
    serving = serving();
    double prefillFlops = prefillFlops(serving.get(0));
    return new MachineRates(
        CostsStage.machine(plan.execution().device()),
        limits.productFlops(),
        prefillFlops,
        limits.copyBytesPerSecond(),
        tokenizerTokens,
        passes.buildOrThrow(),
        serving,
        (System.nanoTime() - start) / 1e9);
  }

  /** Smaller batches where a step of {@code perToken} would take too long. */
  private Shape shape(int batch, double perToken, DeviceLimits limits) {
    double most = MOST_STEP_SECONDS * USUAL_SHARE * limits.productFlops() / perToken;
    int window = plan.data().windowTokens();
    int sequences = (int) Math.max(1, Math.min(batch, most / window));
    while (sequences * (double) window > most && window > LEAST_WINDOW) {
      window /= 2;
    }
    return new Shape(sequences, window);
  }

  private void ofLibrary(
      HeterogeneousModel model,
      DeviceLimits limits,
      ImmutableMap.Builder<WorkKind, PassRate> passes)
      throws IOException {
    ImmutableList<Candidate> all = space.candidates(deep);
    Work ofStep = new LocalWork(deep, all, 1, 1, plan.data().windowTokens()).work();
    double perToken = ofStep.flops() / ofStep.tokens();
    Shape shape = shape(plan.data().batchSize(), perToken, limits);
    TokenBatches data = batches(shape);
    List<Long> marks = new ArrayList<>();
    try (BlockLibrary start =
        new Calibrator(plan.init().toBuilder().calibrationBatches(CALIBRATION_BATCHES).build())
            .calibrate(model, space, data, done -> marks.add(System.nanoTime()))) {
      double initialized = (System.nanoTime() - marks.get(CALIBRATION_BATCHES - 1)) / 1e9;
      CalibrationWork ofCalibration =
          new CalibrationWork(deep, 1, shape.batch(), shape.window(), plan.init().refit());
      passes.put(WorkKind.CALIBRATION, PassRate.of(ofCalibration.passes(), steady(marks)));
      passes.put(WorkKind.INITIALIZATION, PassRate.of(ofCalibration.initialization(), initialized));
      passes.put(WorkKind.LOCAL_TRAINING, local(start, all, shape, data));
      passes.put(WorkKind.SCORING, scoring(start, all, shape));
    }
  }

  private PassRate local(
      BlockLibrary start, ImmutableList<Candidate> all, Shape shape, TokenBatches data) {
    List<Long> marks = new ArrayList<>();
    LocalDistillation trained =
        new LocalDistiller(plan.local().withSteps(STEPS).withDivergenceFactor(1e9))
            .withThreads(threads)
            .distill(start, all, data, done -> marks.add(System.nanoTime()));
    trained.library().close();
    return PassRate.of(
        new LocalWork(deep, all, 1, shape.batch(), shape.window()).work(), steady(marks));
  }

  /**
   * The candidates of the last layer are mostly head, all together mostly layers. Those of one
   * layer alone are too few to keep the cores as busy as all of them do.
   */
  private PassRate scoring(BlockLibrary library, ImmutableList<Candidate> all, Shape shape) {
    ImmutableSet<Candidate> last = ofLastLayer(all);
    ImmutableSet<Candidate> whole = ImmutableSet.copyOf(all);
    EvaluationBatches data = evaluated(shape);
    ScoringWork work = new ScoringWork(deep, plan.scoring(), shape.batch(), shape.window());
    long tokens = (long) shape.batch() * shape.window();
    double warm = seconds(library, whole, data);
    double ofLast = Math.min(seconds(library, last, data), seconds(library, last, data));
    double ofAll = Math.min(warm, seconds(library, whole, data));
    return deep.layers() == 1
        ? PassRate.of(work.work(whole, tokens), ofAll)
        : PassRate.of(work.work(last, tokens), ofLast, work.work(whole, tokens), ofAll);
  }

  private ImmutableSet<Candidate> ofLastLayer(ImmutableList<Candidate> all) {
    return all.stream()
        .filter(candidate -> candidate.layer() + candidate.layers() == deep.layers())
        .collect(ImmutableSet.toImmutableSet());
  }

  private double seconds(
      BlockLibrary library, ImmutableSet<Candidate> candidates, EvaluationBatches data) {
    long start = System.nanoTime();
    ScoreTable unused =
        new BlockScorer(plan.scoring()).withThreads(threads).score(library, candidates, data);
    return (System.nanoTime() - start) / 1e9;
  }

  private PassRate global(HeterogeneousModel one, HeterogeneousModel several, DeviceLimits limits)
      throws IOException {
    PassFlops pass = new PassFlops(deep, plan.data().windowTokens());
    double perToken = 4 * (pass.blocks(0, deep.layers()) + pass.head());
    Shape shape = shape(plan.data().globalBatchSize(), perToken, limits);
    double shallowSeconds = step(one, shape);
    double deepSeconds = step(several, shape);
    Work ofShallow = step(shallow, shape);
    Work ofDeep = step(deep, shape);
    return deep.layers() == 1
        ? PassRate.of(ofDeep, deepSeconds)
        : PassRate.of(ofShallow, shallowSeconds, ofDeep, deepSeconds);
  }

  private Work step(ModelSpec spec, Shape shape) {
    return new GlobalWork(
            spec,
            1,
            plan.global().toBuilder().steps(1).build(),
            shape.batch(),
            shape.window(),
            shape.window())
        .training();
  }

  private double step(HeterogeneousModel model, Shape shape) throws IOException {
    List<Long> marks = new ArrayList<>();
    GlobalDistillation trained =
        new GlobalDistiller(plan.global().withSteps(STEPS).withEvaluateEvery(STEPS))
            .withThreads(threads)
            .distill(
                model,
                model,
                batches(shape),
                evaluated(new Shape(1, shape.window())),
                done -> marks.add(System.nanoTime()));
    trained.child().close();
    return steady(marks);
  }

  /** The shortest of all steps but the first, which warms up. */
  private static double steady(List<Long> marks) {
    double least = Double.POSITIVE_INFINITY;
    for (int mark = 1; mark < marks.size(); mark++) {
      least = Math.min(least, (marks.get(mark) - marks.get(mark - 1)) / 1e9);
    }
    return least;
  }

  private PassRate evaluation(
      HeterogeneousModel one, HeterogeneousModel several, DeviceLimits limits) {
    PassFlops pass = new PassFlops(deep, plan.data().windowTokens());
    Shape shape =
        shape(
            Math.max(threads, plan.data().batchSize()),
            2 * (pass.blocks(0, deep.layers()) + pass.head()),
            limits);
    try (HeterogeneousModel other = RandomWeights.model(shallow, plan.execution())) {
      EvaluationBatches data = evaluated(shape);
      double deepSeconds = Double.POSITIVE_INFINITY;
      double shallowSeconds = Double.POSITIVE_INFINITY;
      for (int round = 0; round < EVALUATIONS; round++) { // in turns: the first ones warm up
        shallowSeconds = Math.min(shallowSeconds, seconds(one, other, data));
        deepSeconds = Math.min(deepSeconds, seconds(one, several, data));
      }
      long tokens = (long) shape.batch() * shape.window();
      Work ofDeep = evaluation(tokens, shape, 1 + deep.layers());
      return deep.layers() == 1
          ? PassRate.of(ofDeep, deepSeconds)
          : PassRate.of(evaluation(tokens, shape, 2), shallowSeconds, ofDeep, deepSeconds);
    }
  }

  private Work evaluation(long tokens, Shape shape, int layers) {
    PassFlops pass = new PassFlops(shallow, shape.window());
    return new Work(
        WorkKind.EVALUATION, tokens, tokens * layers * pass.blocks(0, 1), tokens * 2 * pass.head());
  }

  private double seconds(
      HeterogeneousModel reference, HeterogeneousModel model, EvaluationBatches data) {
    long start = System.nanoTime();
    int unused =
        new ModelEvaluator(data, threads).evaluate(reference, ImmutableList.of(model)).size();
    return (System.nanoTime() - start) / 1e9;
  }

  /** By the steps that serve: all alternatives of a layer, as the costs stage measures them. */
  private ImmutableList<ServingRate> serving() {
    ImmutableSet<BlockSpec> kinds = ImmutableSet.copyOf(parent.blocks());
    ModelSpec spec = parent.withBlocks(kinds.asList());
    ImmutableList.Builder<ServingRate> rates = ImmutableList.builder();
    try (HeterogeneousModel model = RandomWeights.model(spec, plan.execution())) {
      for (Scenario scenario : plan.costs().scenarios()) {
        CostTable table = new LatencyMeter(METER).measure(model, space, scenario);
        rates.add(rate(table, scenario));
      }
    }
    return rates.build();
  }

  private ServingRate rate(CostTable table, Scenario scenario) {
    Latency all = table.nonBlock();
    for (Latency part : table.attentions().values()) {
      all = all.plus(part);
    }
    for (Latency part : table.ffns().values()) {
      all = all.plus(part);
    }
    return new ServingRate(
        scenario.batch(),
        scenario.promptTokens(),
        scenario.outputTokens(),
        all.prefillNanos() / 1e9,
        all.decodeNanos() / 1e9,
        table.latency(parent).scenarioNanos(scenario) / 1e9,
        table.nonBlock().scenarioNanos(scenario) / 1e9);
  }

  private double prefillFlops(ServingRate rate) {
    PassFlops pass = new PassFlops(parent, rate.promptTokens());
    double perToken =
        space.attentions(parent).stream().mapToDouble(pass::attention).sum()
            + space.ffns(parent).stream().mapToDouble(pass::ffn).sum();
    return perToken * rate.batch() * rate.promptTokens() / rate.prefillSeconds();
  }

  private TokenBatches batches(Shape shape) {
    int tokens = (STEPS + 1) * shape.batch() * shape.window();
    return new TokenBatches(corpus(tokens), shape.batch(), shape.window(), new Seed(1));
  }

  private EvaluationBatches evaluated(Shape shape) {
    return new EvaluationBatches(
        corpus(shape.batch() * shape.window()), shape.batch(), shape.window(), shape.batch());
  }

  private TokenCorpus corpus(int tokens) {
    return TokenCorpus.of(
        ImmutableIntArray.copyOf(
            new Seed(tokens).random().ints(tokens, 0, parent.vocabularySize())));
  }
}
