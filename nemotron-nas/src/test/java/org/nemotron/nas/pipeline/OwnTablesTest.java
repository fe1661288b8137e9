package org.nemotron.nas.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Iterables;
import com.google.common.collect.Maps;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.checkpoint.ModelSpecReader;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.nas.SmallParent;
import org.nemotron.nas.cost.OwnCosts;
import org.nemotron.nas.library.Candidate;
import org.nemotron.nas.pipeline.Limit.Bound;
import org.nemotron.nas.pipeline.TinyRun.Events;
import org.nemotron.nas.report.RunSummary;
import org.nemotron.nas.score.Score;
import org.nemotron.nas.score.ScoreTable;

/** Runs and plans with scores and costs of the user's own. */
final class OwnTablesTest {
  private static final Target FRUGAL =
      Target.of("frugal", Limit.ofCost("joules", Bound.AT_MOST, 9_000));

  private Path directory = Path.of("run");
  private Path scores = Path.of("scores.json");
  private Path costs = Path.of("costs.json");

  @BeforeEach
  void write(@TempDir Path temporary) throws IOException {
    CpuThreads.perOperation(1);
    directory = temporary;
    // The lower a layer, the worse to change it.
    scores = OwnJson.scores(directory.resolve("s.json"), "stories", one -> 9 - one.layer());
    costs = OwnJson.costs(directory.resolve("c.json"), "joules", OwnJson.parameters());
  }

  private CompressionPlan plan() throws IOException {
    CompressionPlan plan = TinyRun.in(directory).plan(0, TinyRun.SMALL);
    return plan.toBuilder()
        .targets(ImmutableList.of(FRUGAL))
        .inputs(plan.inputs().withOwnScores(scores).withOwnCosts(costs))
        .scoring(plan.scoring().withMetric(new Score.Metric("stories")))
        .build();
  }

  private void assertRefused(CompressionPlan plan, String... words) {
    Events events = new Events();
    assertThatThrownBy(() -> new CompressionPipeline(plan, events).run())
        .hasMessageContainingAll(words);
    assertThat(events.started).isEmpty();
  }

  @Test
  void run_ownMetricAndLimitOnAnOwnCost_picksByThem() throws IOException, NoArchitectureException {
    RunSummary summary = new CompressionPipeline(plan()).run();
    var child = ModelSpecReader.read(directory.resolve("run/child"));
    assertThat(child.parameters() - child.nonBlockParameters() + 80).isLessThanOrEqualTo(9_000);
    assertThat(child.block(0)).isEqualTo(SmallParent.BLOCK);
    assertThat(child.block(2)).isNotEqualTo(SmallParent.BLOCK);
    assertThat(summary.targets().get(0).goal())
        .isEqualTo(
            "joules at most 9,000 (the child's: %,d)",
            child.parameters() - child.nonBlockParameters() + 80);
    assertThat(summary.environment())
        .containsEntry("own scores stories", "a test")
        .containsEntry("own costs joules", "a meter")
        .containsEntry("memory counted with", "weights float16, KV cache float32");
    assertThat(Files.readString(directory.resolve("run/solutions.json"))).contains("\"joules\"");

    scores = OwnJson.scores(directory.resolve("t.json"), "stories", one -> 1 + one.layer());
    Events second = new Events();
    assertThat(new CompressionPipeline(plan(), second).run().targets()).hasSize(1);
    assertThat(second.started).containsExactly("child", "evaluation");
    assertThat(second.reused).containsExactly("library", "scores", "costs");
  }

  @Test
  void run_candidateWithoutAnOwnScore_isRefusedBeforeAnyWork() throws IOException {
    CompressionPlan plan = plan();
    Files.writeString(scores, Files.readString(scores).replace("\"layer-001.ffn.w24\"", "\"x\""));
    assertRefused(plan, "own scores stories: candidate layer-001.ffn.w24 has none.");
  }

  @Test
  void run_ownScoreOfNoCandidate_isRefusedBeforeAnyWork() throws IOException {
    Candidate foreign = new Candidate.Ffn(7, new FfnSpec.NoOp());
    scores = OwnJson.scores(directory.resolve("s.json"), "stories", one -> 1, foreign);
    assertRefused(plan(), "own scores stories: layer-007.ffn.noop is no candidate.");
  }

  @Test
  void withOwn_pairsTrainedTogether_needOwnScoresToo() throws IOException {
    Candidate pair =
        new Candidate.Block(1, new BlockSpec(new AttentionSpec.Linear(), SmallParent.FFN));
    ScoreTable measured =
        new ScoreTable(
            Maps.toMap(
                Iterables.concat(
                    SmallParent.SPACE.candidates(SmallParent.spec()), ImmutableList.of(pair)),
                candidate -> Score.NONE));
    OwnTables without = OwnTables.read(plan());
    assertThatThrownBy(() -> without.withOwn(SmallParent.spec(), measured))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "own scores stories: candidate "
                + pair.id()
                + " has none.\nMaybe add it to the scores.");
    scores = OwnJson.scores(directory.resolve("s.json"), "stories", one -> 5, pair);
    ScoreTable all = OwnTables.read(plan()).withOwn(SmallParent.spec(), measured);
    assertThat(all.score(pair).degradation(new Score.Metric("stories"))).isEqualTo(5);
  }

  @Test
  void check_scoreOfAPairOfCandidates_isNotRefused() throws IOException {
    Candidate pair =
        new Candidate.Block(1, new BlockSpec(new AttentionSpec.Linear(), SmallParent.FFN));
    scores = OwnJson.scores(directory.resolve("s.json"), "stories", one -> 1, pair);
    OwnTables own = OwnTables.read(plan());
    own.check(SmallParent.spec(), SmallParent.SPACE);
    assertThat(own.fingerprints()).containsOnlyKeys("own scores stories", "own costs joules");
  }

  @Test
  void run_subBlockWithoutAnOwnCost_isRefusedBeforeAnyWork() throws IOException {
    CompressionPlan plan = plan();
    Files.writeString(costs, Files.readString(costs).replace("\"ffn.w24\"", "\"ffn.w25\""));
    assertRefused(plan, "own costs joules: ffn.w24 has none.\nMaybe add it to the costs.");
  }

  @Test
  void run_ownCostOfNoSubBlock_isRefusedBeforeAnyWork() throws IOException {
    costs =
        OwnJson.costs(
            directory.resolve("c.json"),
            "joules",
            OwnJson.with(OwnJson.parameters(), "ffn.noop", 3));
    assertRefused(plan(), "own costs joules: ffn.noop is no sub-block; there are [attention.kv2");
  }

  @Test
  void run_metricThatNoFileHas_isRefusedBeforeAnyWork() throws IOException {
    CompressionPlan plan = plan();
    assertRefused(
        plan.toBuilder().scoring(plan.scoring().withMetric(new Score.Metric("tales"))).build(),
        "scoring.metric (tales) must be one of [KL, LOSS, ACCURACY], TASKS where evaluation.tasks"
            + " names some,"
            + " or of those in inputs.ownScores: [stories]");
    assertRefused(
        plan.toBuilder()
            .targets(ImmutableList.of(Target.of("t", Limit.ofCost("watts", Bound.AT_MOST, 1))))
            .build(),
        "target t: quantity (watts) must be one of [SPEEDUP,",
        "or of those in inputs.ownCosts: [joules]");
  }

  @Test
  void read_twoFilesOfOneCost_areRefusedByName() throws IOException {
    CompressionPlan plan = plan();
    assertThatThrownBy(
            () ->
                OwnTables.read(
                    plan.toBuilder().inputs(plan.inputs().withOwnCosts(costs, costs)).build()))
        .isInstanceOf(IOException.class)
        .hasMessage(costs + ": an earlier file has the own costs joules too");
  }

  @Test
  void readFiles_written_areThoseValues() throws IOException {
    OwnCosts own = OwnFiles.costs(costs);
    assertThat(own.name()).isEqualTo("joules");
    assertThat(own.nonBlock()).isEqualTo(80);
    assertThat(own.subBlocks()).isEqualTo(OwnJson.parameters());
    Files.writeString(
        scores,
        "{\"format\": 1, \"metric\": \"m\", \"provenance\": \"p\", \"scores\":"
            + " {\"layer-000.ffn.noop\": {\"degradation\": 0.25, \"standardError\": 0.5}, \"b\":"
            + " 2}}");
    assertThat(OwnFiles.scores(scores).byCandidate())
        .containsEntry("layer-000.ffn.noop", new Score.Measure(0.25, 0.5))
        .containsEntry("b", new Score.Measure(2, 0));
  }

  @Test
  void readFiles_whatTheyMustNotHave_isRefusedByName() throws IOException {
    String text = Files.readString(costs);
    assertCosts(text.replace("80", "NaN"), "nonBlock (NaN) must be a finite number");
    assertCosts(
        text.replace("\"ffn.linear\" : ", "\"ffn.linear\" : \"x\", \"y\" : "),
        "subBlocks.ffn.linear (x) must be a finite number");
    assertCosts(
        text.replace("\"nonBlock\"", "\"rest\""),
        "rest is not a key of the file.\n"
            + "Maybe one of [format, cost, provenance, nonBlock, subBlocks] is meant.");
    assertCosts(text.replace("\"format\" : 1", "\"format\" : 2"), "format (2) must be 1");
    assertCosts(
        text.replace("joules", "parameters"),
        "a cost of one's own must not be called parameters, which this library measures");
    Files.writeString(scores, Files.readString(scores).replace("stories", "KL"));
    assertThatThrownBy(() -> OwnFiles.scores(scores))
        .isInstanceOf(IOException.class)
        .hasMessage(
            scores + ": a metric of one's own must not be called KL, which this library measures");
  }

  private void assertCosts(String text, String sentence) throws IOException {
    Files.writeString(costs, text);
    assertThatThrownBy(() -> OwnFiles.costs(costs))
        .isInstanceOf(IOException.class)
        .hasMessage(costs + ": " + sentence);
  }
}
