package org.nemotron.nas.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableSortedMap;
import com.google.common.collect.Maps;
import com.google.common.hash.Hashing;
import com.google.common.io.MoreFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.checkpoint.safetensors.SafetensorsFile;
import org.nemotron.core.distributed.Communicator;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.core.testing.RankThreads;
import org.nemotron.nas.pipeline.TinyRun.Events;
import org.nemotron.nas.report.RunSummary;

/** Whole runs whose ranks are threads. */
final class RankedRunTest {
  /** Of a loss or a weight: float32 sums in another order, amplified by four steps of AdamW. */
  private static final double TOLERANCE = 1e-3;

  private Path directory;
  private TinyRun tiny;

  @BeforeEach
  void write(@TempDir Path temporary) throws IOException {
    directory = temporary;
    tiny = TinyRun.in(temporary);
  }

  private static int run(Communicator ranks, CompressionPlan plan, Events events) throws Exception {
    CompressionPipeline pipeline = new CompressionPipeline(plan, events).withRanks(ranks);
    if (ranks.rank() > 0) {
      pipeline.follow();
      return 0;
    }
    return pipeline.run().targets().size();
  }

  private CompressionPlan plan(String output, int coupledSteps) {
    return tiny.plan(directory.resolve(output), coupledSteps, TinyRun.SMALL);
  }

  /** Returns the digests of the files below some directories of a run. */
  private static ImmutableSortedMap<String, String> digests(Path run, String... parts)
      throws IOException {
    ImmutableSortedMap.Builder<String, String> digests = ImmutableSortedMap.naturalOrder();
    for (String part : parts) {
      try (Stream<Path> files = Files.walk(run.resolve(part))) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          digests.put(
              run.relativize(file).toString(),
              MoreFiles.asByteSource(file).hash(Hashing.sha256()).toString());
        }
      }
    }
    return digests.buildOrThrow();
  }

  @Test
  void run_onThreeRanks_leavesLibraryAndScoresOfOneAndItsChildButForRounding() throws Exception {
    int unused = run(Communicator.alone(), plan("alone", 0), new Events());
    Events events = new Events();
    List<Integer> children = RankThreads.run(3, ranks -> run(ranks, plan("three", 0), events));
    assertThat(children).containsExactly(1, 0, 0);
    assertThat(digests(directory.resolve("three"), "library", "scores.json"))
        .isEqualTo(digests(directory.resolve("alone"), "library", "scores.json"));
    assertSameChild("three", "alone");
    assertThat(events.messages)
        .contains(
            "search, and the next child's start, by rank 0 alone: ranks 1 to 2 wait until it is"
                + " done",
            "evaluation, by rank 0 alone: ranks 1 to 2 wait until it is done");
  }

  /** The parent's files have bfloat16, so that layers are offloaded from arithmetic in float32. */
  @Test
  void run_dividedParent_leavesWhatTheWholeOneLeaves() throws Exception {
    tiny.storeParentAs(DType.BFLOAT16);
    List<Integer> whole = RankThreads.run(2, ranks -> run(ranks, plan("whole", 0), new Events()));
    assertThat(whole).containsExactly(1, 0);
    for (int size = 1; size <= 3; size++) {
      String output = "divided-" + size;
      List<Integer> children =
          RankThreads.run(size, ranks -> run(ranks, divided(plan(output, 0)), new Events()));
      assertThat(children).hasSize(size).contains(1);
      assertThat(digests(directory.resolve(output), "library", "scores.json"))
          .isEqualTo(digests(directory.resolve("whole"), "library", "scores.json"));
      assertSameChild(output, "whole");
    }
    assertThat(digests(directory.resolve("divided-2"), "child"))
        .containsAllEntriesOf(
            Maps.filterKeys(
                digests(directory.resolve("whole"), "child"),
                name -> name.endsWith(".safetensors")));
  }

  @Test
  void run_begunWithTheWholeParent_goesOnWithADividedOne() throws Exception {
    int unused = run(Communicator.alone(), plan("run", 0), new Events());
    Events events = new Events();
    List<Integer> children =
        RankThreads.run(2, ranks -> run(ranks, divided(plan("run", 0)), events));
    assertThat(children).containsExactly(1, 0);
    assertThat(events.reused).contains("library", "scores", "costs", "child");
  }

  @Test
  @Tag("slow")
  void run_dividedParentWithPairs_endsWithAChild() throws Exception {
    tiny.storeParentAs(DType.BFLOAT16);
    Events events = new Events();
    List<Integer> children =
        RankThreads.run(2, ranks -> run(ranks, divided(plan("run", 3)), events));
    assertThat(children).containsExactly(1, 0);
    assertThat(events.finished).contains("coupled", "scores-coupled", "child");
  }

  private static CompressionPlan divided(CompressionPlan plan) {
    return plan.toBuilder()
        .execution(plan.execution().withParent(CompressionPlan.ParentPlacement.DIVIDED))
        .build();
  }

  private void assertSameChild(String run, String other) throws IOException {
    List<RunSummary.LossPoint> losses = losses(run);
    List<RunSummary.LossPoint> expected = losses(other);
    assertThat(losses).hasSameSizeAs(expected);
    for (int step = 0; step < losses.size(); step++) {
      assertThat(losses.get(step).loss()).isCloseTo(expected.get(step).loss(), within(TOLERANCE));
    }
    try (NativeScope scope = NativeScope.open();
        SafetensorsFile child = child(run);
        SafetensorsFile ofOther = child(other)) {
      assertThat(child.names()).isEqualTo(ofOther.names());
      for (String name : child.names()) {
        double most = Tensors.scalar(child.tensor(name).sub(ofOther.tensor(name)).abs().max());
        assertThat(most).as(name).isLessThan(TOLERANCE);
      }
    }
  }

  private SafetensorsFile child(String run) throws IOException {
    return SafetensorsFile.open(directory.resolve(run).resolve("child/model.safetensors"));
  }

  private List<RunSummary.LossPoint> losses(String run) throws IOException {
    Path file = directory.resolve(run).resolve("child-distillation.json");
    return PlanFiles.JSON
        .readValue(file.toFile(), ChildStage.Course.class)
        .curves()
        .get(0)
        .points();
  }

  @Test
  void run_killedInGlobalDistillation_goesOnWithAnotherNumberOfRanks() throws Exception {
    int unused = run(Communicator.alone(), plan("alone", 0), new Events());
    Events killed = new Events("child", 3);
    assertThatThrownBy(() -> RankThreads.run(3, ranks -> run(ranks, plan("run", 0), killed)))
        .hasMessageContaining("killed");
    assertThat(directory.resolve("run/checkpoints/child/step-2/rank-2.safetensors")).exists();
    Events events = new Events();
    List<Integer> children = RankThreads.run(2, ranks -> run(ranks, plan("run", 0), events));
    assertThat(children).containsExactly(1, 0);
    assertThat(events.reused).contains("library", "scores", "costs");
    assertThat(events.messages).noneMatch(message -> message.contains("not used"));
    assertThat(directory.resolve("run/checkpoints/child")).doesNotExist();
    assertSameChild("run", "alone");
  }

  @Test
  @Tag("slow")
  void run_withPairs_goesOnWithAnotherNumberOfRanks() throws Exception {
    Events killed = new Events("coupled", 2);
    assertThatThrownBy(() -> RankThreads.run(3, ranks -> run(ranks, plan("run", 3), killed)))
        .hasMessageContaining("killed");
    Events events = new Events();
    List<Integer> children = RankThreads.run(2, ranks -> run(ranks, plan("run", 3), events));
    assertThat(children).containsExactly(1, 0);
    assertThat(events.reused).contains("library", "scores", "costs");
    assertThat(events.finished).contains("coupled", "scores-coupled", "child");
  }

  @Test
  void run_inADirectoryThatIsTaken_endsAllRanks() throws Exception {
    Files.createDirectories(directory.resolve("taken"));
    try (RunLock lock = RunLock.of(directory.resolve("taken"))) {
      assertThatThrownBy(
              () -> RankThreads.run(2, ranks -> run(ranks, plan("taken", 0), new Events())))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("another run is at work in this directory");
    }
  }

  @Test
  void run_whereARankReadsAnotherText_isRefusedByName() throws Exception {
    Path other = Files.createDirectories(directory.resolve("other"));
    TinyRun unused = TinyRun.in(other);
    Files.writeString(other.resolve("text.txt"), TinyRun.words(1500, 3));
    assertThatThrownBy(
            () ->
                RankThreads.run(
                    2,
                    ranks ->
                        run(
                            ranks,
                            ranks.rank() == 0
                                ? plan("run", 0)
                                : TinyRun.at(other)
                                    .plan(directory.resolve("run"), 0, TinyRun.SMALL),
                            new Events())))
        .hasMessageContaining("rank 1 reads another training text than rank 0.");
  }
}
