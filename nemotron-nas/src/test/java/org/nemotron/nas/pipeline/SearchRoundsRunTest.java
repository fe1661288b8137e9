package org.nemotron.nas.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.distributed.Communicator;
import org.nemotron.core.testing.RankThreads;
import org.nemotron.nas.estimate.StageEstimate;
import org.nemotron.nas.pipeline.TinyRun.Events;
import org.nemotron.nas.report.ConsoleReport;
import org.nemotron.nas.report.RunSummary;
import org.nemotron.nas.report.SearchRound;

/** Whole runs whose search goes on near what it found first. */
final class SearchRoundsRunTest {
  private static final String FIRST_ROUND = "search-1-child.json";

  private Path directory = Path.of("run");
  private TinyRun tiny = TinyRun.at(directory);

  @BeforeEach
  void write(@TempDir Path temporary) throws IOException {
    directory = temporary;
    tiny = TinyRun.in(temporary);
  }

  private CompressionPlan plan(String output, SearchPlan search, Target... targets) {
    return tiny.plan(directory.resolve(output), 0, targets).toBuilder().search(search).build();
  }

  private static RunSummary run(CompressionPlan plan, Events events)
      throws IOException, NoArchitectureException {
    return new CompressionPipeline(plan, events).run();
  }

  @Test
  void run_withRounds_neverBeginsDistillationFartherFromTheParent()
      throws IOException, NoArchitectureException {
    CompressionPlan plan = plan("run", new SearchPlan(3, 2), TinyRun.SMALL, TinyRun.TINY);
    Events events = new Events();
    RunSummary summary = run(plan, events);
    assertThat(events.started)
        .containsSubsequence("costs", "search-1-child", "search-1-child-tiny", "child");
    for (RunSummary.TargetSummary target : summary.targets()) {
      assertThat(target.rounds()).isNotEmpty();
      for (SearchRound round : target.rounds()) {
        assertThat(round.after().startNats()).isLessThanOrEqualTo(round.before().startNats());
        assertThat(round.steps()).allMatch(step -> step.exchanged() <= step.most());
      }
    }
    assertThat(summary.targets().get(0).child().params()).isLessThanOrEqualTo(20_000);
    RunSummary.TargetSummary changed = summary.targets().get(1);
    assertThat(changed.child().params()).isLessThanOrEqualTo(13_000);
    SearchRound.Step taken = changed.rounds().get(0).taken().orElseThrow();
    assertThat(changed.predicted().klNats()).isEqualTo(taken.predictedNats());
    assertThat(changed.rounds()).hasSize(2);
    assertThat(changed.rounds().get(1).before()).isEqualTo(taken.measured());
    assertThat(changed.rounds().get(1).taken()).isEmpty();
    JsonNode json = PlanFiles.JSON.readTree(directory.resolve("run/report/summary.json").toFile());
    assertThat(json.at("/targets/small/rounds/0/before/startNats").isNumber()).isTrue();
    assertThat(ConsoleReport.in(StandardCharsets.US_ASCII).render(summary))
        .contains("small, round 1: KL to the parent before distillation");
    assertThat(Files.readString(directory.resolve("run/report/index.html")))
        .contains("small, round 1: KL to the parent before distillation");
  }

  @Test
  void run_killedWithinARoundAndResumed_findsTheSameAsUninterrupted()
      throws IOException, NoArchitectureException {
    SearchPlan search = new SearchPlan(2, 3);
    Events killed = new Events("search-1-child", 1);
    CompressionPlan plan = plan("run", search, TinyRun.TINY);
    assertThatThrownBy(() -> run(plan, killed)).hasMessage("killed");
    assertThat(directory.resolve("run").resolve(FIRST_ROUND)).doesNotExist();
    RunSummary resumed = run(plan, new Events());

    RunSummary whole = run(plan("whole", search, TinyRun.TINY), new Events());
    assertThat(resumed.targets().get(0).rounds()).isEqualTo(whole.targets().get(0).rounds());
    assertThat(directory.resolve("run").resolve(FIRST_ROUND))
        .hasSameTextualContentAs(directory.resolve("whole").resolve(FIRST_ROUND));
    assertThat(directory.resolve("run/child/model.safetensors"))
        .hasSameBinaryContentAs(directory.resolve("whole/child/model.safetensors"));

    Events again = new Events();
    assertThat(run(plan, again).targets().get(0).rounds())
        .isEqualTo(whole.targets().get(0).rounds());
    assertThat(again.started).containsExactly("evaluation");
    assertThat(again.reused).contains("search-1-child", "child");
  }

  @Test
  void run_moreRoundsLater_reusesThoseThatThereAre() throws IOException, NoArchitectureException {
    RunSummary one = run(plan("run", new SearchPlan(1, 2), TinyRun.TINY), new Events());
    Events more = new Events();
    RunSummary three = run(plan("run", new SearchPlan(3, 2), TinyRun.TINY), more);
    assertThat(more.reused).contains("library", "scores", "costs", "search-1-child");
    ImmutableList<SearchRound> rounds = three.targets().get(0).rounds();
    assertThat(rounds.get(0)).isEqualTo(one.targets().get(0).rounds().get(0));
    for (int index = 1; index < rounds.size(); index++) {
      assertThat(rounds.get(index).before()).isEqualTo(rounds.get(index - 1).after());
    }
  }

  @Test
  void run_onTwoRanks_findsWhatOneFinds() throws Exception {
    SearchPlan search = new SearchPlan(2, 2);
    RunSummary alone = run(plan("alone", search, TinyRun.TINY), new Events());
    List<Integer> unused =
        RankThreads.run(2, ranks -> run(ranks, plan("two", search, TinyRun.TINY)));
    assertThat(alone.targets()).hasSize(1);
    assertThat(directory.resolve("two").resolve(FIRST_ROUND))
        .hasSameTextualContentAs(directory.resolve("alone").resolve(FIRST_ROUND));
  }

  private static int run(Communicator ranks, CompressionPlan plan) throws Exception {
    CompressionPipeline pipeline = new CompressionPipeline(plan).withRanks(ranks);
    if (ranks.rank() > 0) {
      pipeline.follow();
      return 0;
    }
    return pipeline.run().targets().size();
  }

  @Test
  void estimate_withRounds_hasAStageForEach() throws IOException {
    CompressionPlan plan =
        plan("run", new SearchPlan(2, 2), TinyRun.TINY, TinyRun.parameters("mid", 24_000));
    List<String> stages =
        new CompressionPipeline(plan)
            .estimate().stages().stream().map(StageEstimate::stage).toList();
    assertThat(stages)
        .containsSubsequence(
            "costs",
            "search-1-child",
            "search-2-child",
            "search-1-child-mid",
            "search-2-child-mid",
            "child",
            "child-mid");
  }
}
