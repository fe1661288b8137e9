package org.nemotron.nas.report;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.Locale;
import java.util.Random;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.nas.cost.MedianInterval;
import org.nemotron.nas.report.RunSummary.AdditivityAudit;
import org.nemotron.nas.report.RunSummary.AuditedPair;
import org.nemotron.nas.report.RunSummary.CheckedLimit;
import org.nemotron.nas.report.RunSummary.ChosenLayer;
import org.nemotron.nas.report.RunSummary.Divergence;
import org.nemotron.nas.report.RunSummary.FrontierPoint;
import org.nemotron.nas.report.RunSummary.LayerTime;
import org.nemotron.nas.report.RunSummary.LimitOutcome;
import org.nemotron.nas.report.RunSummary.LossCurve;
import org.nemotron.nas.report.RunSummary.LossPoint;
import org.nemotron.nas.report.RunSummary.ModelFigures;
import org.nemotron.nas.report.RunSummary.Predicted;
import org.nemotron.nas.report.RunSummary.Sample;
import org.nemotron.nas.report.RunSummary.ScenarioSummary;
import org.nemotron.nas.report.RunSummary.ScoringSpeed;
import org.nemotron.nas.report.RunSummary.Solution;
import org.nemotron.nas.report.RunSummary.StageSeconds;
import org.nemotron.nas.report.RunSummary.TargetSummary;

/** An invented run: 8 layers, two targets, about a hundred trained candidates. */
public final class SummaryFixture {
  public static final int LAYERS = 8;
  static final ModelFigures PARENT =
      new ModelFigures(
          "tale-7m", 7_081_216, 14_162_432, 16_777_216, 1_412.3, 0, 0, 1.7423, 0.5836, 1);

  private static final ImmutableList<String> SUB_BLOCKS =
      ImmutableList.of(
          "attention.kv2",
          "attention.kv1",
          "attention.linear",
          "ffn.w616",
          "ffn.w528",
          "ffn.w352",
          "ffn.w176",
          "ffn.w144",
          "ffn.w72",
          "ffn.linear");

  private SummaryFixture() {}

  public static RunSummary summary() {
    return summary(
        ImmutableList.of(
            new Sample(
                "Once upon a time, there was a little girl named",
                "Lily. She loved to play outside in the park with her friends. One day, she saw a"
                    + " big, red ball in the grass and wanted to play with it.",
                "Lily. She loved to play with her toys in the garden. One day, she found a small"
                    + " box under the tree and wanted to open it."),
            new Sample(
                "The old rabbit looked at the moon and said,",
                "“It is time to go home now.”\nThe mice nodded, and they all went home together.",
                "“It is time for us to sleep.”\nThe mice were tired, and they went to bed.")));
  }

  /** A run whose second target misses its limit. */
  static RunSummary missed() {
    return measured(new MedianInterval(1.93, 1.91, 1.95), LimitOutcome.NOT_MET);
  }

  /** A run of whose second target it is not certain whether it keeps to its limit. */
  static RunSummary uncertain() {
    return measured(new MedianInterval(2.08, 1.95, 2.21), LimitOutcome.NOT_CERTAIN);
  }

  private static RunSummary measured(MedianInterval speedUp, LimitOutcome outcome) {
    return with(
        speedUp,
        new CheckedLimit("speed-up at least 2.0", speedUp, outcome),
        summary().target("2x").greedy());
  }

  /** A run whose greedy search of the second target found nothing. */
  public static RunSummary withoutGreedy() {
    TargetSummary target = summary().target("2x");
    ModelFigures random = target.random();
    ModelFigures greedy =
        new ModelFigures(
            Role.GREEDY.standIn("random"),
            random.params(),
            random.weightBytes(),
            random.kvBytes(),
            random.tokensPerSecond(),
            random.klNats(),
            random.klStandardError(),
            random.lossNats(),
            random.accuracy(),
            random.accuracyPreserved());
    return with(target.speedUp(), target.limits().get(0), greedy);
  }

  private static RunSummary with(MedianInterval speedUp, CheckedLimit limit, ModelFigures greedy) {
    RunSummary met = summary();
    TargetSummary target = met.target("2x");
    TargetSummary missed =
        new TargetSummary(
            target.name(),
            target.goal(),
            target.directory(),
            speedUp,
            target.speedUpMachine(),
            ImmutableList.of(limit),
            target.child(),
            target.childBeforeDistillation(),
            greedy,
            target.random(),
            target.untrained(),
            target.predicted(),
            target.solution(),
            target.layerTimes(),
            target.globalDistillation(),
            target.samples());
    return new RunSummary(
        met.parentName(),
        met.scenario(),
        met.parent(),
        met.parentLayerTimes(),
        ImmutableList.of(met.mainTarget(), missed),
        met.frontier(),
        met.localDistillation(),
        met.diverged(),
        met.scoringSpeed(),
        met.additivity(),
        met.stages(),
        met.environment());
  }

  public static RunSummary summary(ImmutableList<Sample> samples) {
    return new RunSummary(
        "tale-7m",
        new ScenarioSummary(16, 128, 128),
        PARENT,
        parentTimes(),
        ImmutableList.of(
            target("1.5x", "at least 1.5 times the parent's throughput", 1.62, samples),
            target("2x", "at least 2 times the parent's throughput", 2.04, samples)),
        frontier(),
        localCurves(),
        ImmutableList.of(
            new Divergence("layer-005.attention.linear", 37, "loss is NaN after a finite step")),
        new ScoringSpeed(11.84, 27.31, 104),
        audit(),
        ImmutableList.of(
            new StageSeconds("starting weights", 9.4, true),
            new StageSeconds("local distillation", 128.2, false),
            new StageSeconds("scoring", 21.9, false),
            new StageSeconds("costs", 34.6, false),
            new StageSeconds("search", 0.8, false),
            new StageSeconds("assembly", 0.2, false),
            new StageSeconds("global distillation", 88.3, false),
            new StageSeconds("evaluation", 26.1, false)),
        ImmutableMap.of(
            "machine", "Linux amd64, 2 cores",
            "JDK", "17.0.12",
            "LibTorch", "2.10.0, 2 threads, bfloat16",
            "calibration text", "TinyStories train; children's books",
            "held-out text", "TinyStories val; books_heldout",
            "seed", "42"));
  }

  private static ImmutableList<LayerTime> parentTimes() {
    Random noise = new Random(1);
    ImmutableList.Builder<LayerTime> times = ImmutableList.builder();
    for (int layer = 0; layer < LAYERS; layer++) {
      times.add(
          new LayerTime(layer, 72e6 + 4e6 * noise.nextDouble(), 88e6 + 5e6 * noise.nextDouble()));
    }
    return times.build();
  }

  private static TargetSummary target(
      String name, String goal, double speedUp, ImmutableList<Sample> samples) {
    boolean mild = speedUp < 1.8;
    double rate = PARENT.tokensPerSecond();
    Solution solution = mild ? mildSolution() : strongSolution();
    return new TargetSummary(
        name,
        goal,
        "run/child-" + name,
        new MedianInterval(speedUp, speedUp - 0.012, speedUp + 0.01),
        "",
        ImmutableList.of(
            new CheckedLimit(
                goal,
                new MedianInterval(speedUp, speedUp - 0.012, speedUp + 0.01),
                LimitOutcome.MET)),
        figures("child-" + name, rate * speedUp, mild ? 0.0412 : 0.0893, mild ? 0.968 : 0.937),
        figures("assembled-" + name, rate * speedUp, mild ? 0.0931 : 0.213, mild ? 0.941 : 0.886),
        figures("greedy-" + name, rate * speedUp * 0.99, mild ? 0.0871 : 0.201, mild ? 0.93 : 0.87),
        figures("random-" + name, rate * speedUp * 1.03, mild ? 0.318 : 0.611, mild ? 0.82 : 0.71),
        figures("untrained-" + name, rate * speedUp, mild ? 0.194 : 0.486, mild ? 0.89 : 0.78),
        new Predicted(speedUp * 0.965, 9_912_320, 7_340_032, mild ? 0.0874 : 0.147),
        solution,
        childTimes(solution),
        ImmutableList.of(
            curve("total", 0.61, 0.17, 240, 11),
            curve("KL to the parent", 0.093, 0.041, 240, 12),
            curve("cosine of hidden states", 0.31, 0.083, 240, 13),
            curve("held-out KL", 0.094, 0.0412, 240, 14)),
        samples);
  }

  private static ModelFigures figures(String name, double rate, double kl, double preserved) {
    return new ModelFigures(
        name,
        4_956_160,
        9_912_320,
        7_340_032,
        rate,
        kl,
        kl * 0.04,
        PARENT.lossNats() + kl * 0.9,
        PARENT.accuracy() * preserved,
        preserved);
  }

  private static Solution mildSolution() {
    return new Solution(
        ImmutableList.of(
            chosen(0, 1, 4, 704, "parent"),
            chosen(1, 1, 2, 352, "decoupled"),
            chosen(2, 1, 1, 528, "coupled"),
            chosen(3, 2, 4, 704, "multi-layer"),
            new ChosenLayer(
                5,
                1,
                new BlockSpec(new AttentionSpec.Linear(), new FfnSpec.Gated(176)),
                "decoupled",
                0.0113),
            new ChosenLayer(
                6,
                1,
                new BlockSpec(new AttentionSpec.NoOp(), new FfnSpec.Linear()),
                "decoupled",
                0.0151),
            chosen(7, 1, 2, 616, "decoupled")),
        16,
        0.0874,
        0.0874,
        0,
        0.42);
  }

  private static Solution strongSolution() {
    return new Solution(
        ImmutableList.of(
            chosen(0, 1, 2, 616, "decoupled"),
            chosen(1, 2, 4, 704, "multi-layer"),
            chosen(3, 1, 1, 72, "decoupled"),
            chosen(4, 2, 4, 704, "multi-layer"),
            new ChosenLayer(6, 1, BlockSpec.NO_OP, "decoupled", 0.0312),
            chosen(7, 1, 1, 528, "coupled")),
        16,
        0.147,
        0.1452,
        0.0124,
        10.0);
  }

  private static ChosenLayer chosen(int layer, int covers, int kv, int channels, String origin) {
    BlockSpec spec =
        new BlockSpec(new AttentionSpec.GroupedQuery(8, kv, 32), new FfnSpec.Gated(channels));
    return new ChosenLayer(layer, covers, spec, origin, origin.equals("parent") ? 0 : 0.0123);
  }

  private static ImmutableList<LayerTime> childTimes(Solution solution) {
    Random noise = new Random(2);
    ImmutableList.Builder<LayerTime> times = ImmutableList.builder();
    for (ChosenLayer block : solution.layers()) {
      double heads = LayerText.kvHeads(block.spec().attention()) / 4.0;
      double channels = LayerText.channels(block.spec().ffn()) / 704.0;
      times.add(
          new LayerTime(
              block.layer(),
              heads == 0 ? 0 : (30 + 43 * heads + noise.nextDouble()) * 1e6,
              channels == 0 ? 0 : (9 + 80 * channels + noise.nextDouble()) * 1e6));
    }
    return times.build();
  }

  private static ImmutableList<FrontierPoint> frontier() {
    ImmutableList.Builder<FrontierPoint> points = ImmutableList.builder();
    for (double speed = 1; speed < 2.55; speed += 0.125) {
      double lost = 0.034 * Math.pow(speed - 1, 1.6);
      points.add(
          new FrontierPoint(
              PARENT.tokensPerSecond() * speed, 0.9 * lost, PARENT.accuracy() * (1 - lost * 1.6)));
    }
    return points.build();
  }

  private static ImmutableList<LossCurve> localCurves() {
    ImmutableList.Builder<LossCurve> curves = ImmutableList.builder();
    Random noise = new Random(3);
    for (int layer = 0; layer < LAYERS; layer++) {
      String prefix = String.format(Locale.ROOT, "layer-%03d.", layer);
      double level = 0.001;
      for (String spec : SUB_BLOCKS) {
        level *= spec.startsWith("ffn.w616") ? 0.2 : 1.7;
        double start = level * (2 + 3 * noise.nextDouble());
        curves.add(curve(prefix + spec, start, level, 120, layer * 31L + spec.hashCode()));
      }
      if (layer + 1 < LAYERS) {
        curves.add(curve(prefix + "block.kv4+w704.covers2", 0.4, 0.043, 120, layer));
      }
      if (layer < 4) {
        curves.add(curve(prefix + "block.kv2+w352", 0.05, 0.0095, 80, layer + 90L));
        curves.add(curve(prefix + "block.kv1+w176", 0.08, 0.021, 80, layer + 91L));
      }
    }
    return curves.build();
  }

  private static LossCurve curve(String name, double first, double last, int steps, long seed) {
    Random noise = new Random(seed);
    ImmutableList.Builder<LossPoint> points = ImmutableList.builder();
    for (int step = 1; step <= steps; step += 2) {
      double share = 1 - Math.exp(-4.0 * step / steps);
      double loss = first * Math.pow(last / first, share) * (1 + 0.08 * noise.nextGaussian());
      points.add(new LossPoint(step, loss));
    }
    return new LossCurve(name, points.build());
  }

  private static AdditivityAudit audit() {
    Random random = new Random(4);
    ImmutableList.Builder<AuditedPair> pairs = ImmutableList.builder();
    for (int i = 0; i < 24; i++) {
      double sum = 0.004 * Math.exp(3.4 * random.nextDouble());
      pairs.add(
          new AuditedPair(
              "layer-00" + i % 4 + ".ffn.w352",
              "layer-00" + (4 + i % 4) + ".attention.kv1",
              sum,
              sum * (1 + 0.15 * random.nextGaussian())));
    }
    return new AdditivityAudit(pairs.build(), 0.973);
  }
}
