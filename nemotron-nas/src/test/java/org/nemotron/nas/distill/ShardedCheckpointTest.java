package org.nemotron.nas.distill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.Floats;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongConsumer;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nemotron.core.distributed.Communicator;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.provenance.Fingerprint;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.core.testing.RankThreads;
import org.nemotron.nas.CorruptedFiles;
import org.nemotron.nas.SmallParent;
import org.nemotron.nas.TensorValues;

/** States that some ranks have saved and others go on from. */
final class ShardedCheckpointTest {
  private static final int STEPS = 6;
  private static final ImmutableList<BlockSpec> BLOCKS =
      ImmutableList.of(
          new BlockSpec(new AttentionSpec.Linear(), new FfnSpec.Gated(24)),
          BlockSpec.NO_OP,
          SmallParent.BLOCK);

  private final Path directory;
  private final List<String> messages = new CopyOnWriteArrayList<>();

  ShardedCheckpointTest(@TempDir Path temporary) {
    this.directory = temporary.resolve("state");
  }

  @BeforeEach
  void oneCore() {
    CpuThreads.perOperation(1);
  }

  /** The end of a run, as its process would end. */
  private static final class Killed extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  private static GlobalDistillationSettings settings(OptimizerStates states) {
    return new GlobalDistillationSettings(
        STEPS, OptimizerSettings.ofRate(3e-3), 1, 1, 0, 2, states);
  }

  private GlobalCheckpoint checkpoint() {
    Fingerprint fingerprint = Fingerprint.builder().put("settings", "these").build();
    return GlobalCheckpoint.in(directory, fingerprint, messages::add);
  }

  /** What came of a run: weights and curves. */
  private record Made(
      ImmutableMap<String, List<Float>> weights,
      List<Double> losses,
      List<GlobalDistillation.Evaluation> evaluations) {}

  private static Made one(GlobalDistiller distiller, Communicator ranks, int killedAfter)
      throws IOException {
    try (HeterogeneousModel parent = SmallParent.model();
        HeterogeneousModel start = SmallParent.model(SmallParent.spec(BLOCKS), 5)) {
      LongConsumer progress =
          step -> {
            if (step == killedAfter) {
              throw new Killed();
            }
          };
      GlobalDistiller own = distiller.withRanks(ranks).withThreads(1);
      if (ranks.rank() > 0) {
        own.follow(parent, start.spec(), SmallParent.training(), SmallParent.heldOut(), progress);
        return new Made(ImmutableMap.of(), List.of(), List.of());
      }
      GlobalDistillation made =
          own.distill(parent, start, SmallParent.training(), SmallParent.heldOut(), progress);
      try (HeterogeneousModel child = made.child()) {
        return new Made(
            TensorValues.of(child.tensors()), made.losses().asList(), made.evaluations());
      }
    }
  }

  private Made run(int size, OptimizerStates states, int killedAfter) throws Exception {
    GlobalDistiller distiller = new GlobalDistiller(settings(states), checkpoint());
    return RankThreads.run(size, ranks -> one(distiller, ranks, killedAfter)).get(0);
  }

  private void killed(int size, OptimizerStates states, int after) {
    assertThatThrownBy(() -> run(size, states, after)).isInstanceOf(Killed.class);
  }

  @ParameterizedTest
  @CsvSource({"2, FLOAT32", "3, FLOAT32", "3, EIGHT_BIT"})
  void restore_sameNumberOfRanks_givesTheBitsOfARunThatWasNotKilled(
      int size, OptimizerStates states) throws Exception {
    GlobalDistiller whole = new GlobalDistiller(settings(states));
    Made expected = RankThreads.run(size, ranks -> one(whole, ranks, -1)).get(0);
    killed(size, states, 5);
    Made actual = run(size, states, -1);
    assertThat(actual).isEqualTo(expected);
    assertThat(messages).isEmpty();
  }

  /** Returns a rank's part of a saved state: values by the place of each element or block. */
  private Map<String, List<Float>> restored(Communicator ranks, OptimizerStates states)
      throws IOException {
    try (HeterogeneousModel parent = SmallParent.model();
        HeterogeneousModel start = SmallParent.model(SmallParent.spec(BLOCKS), 9);
        ShardedModel model =
            new ShardedModel(ranks, start.spec(), DType.FLOAT32, start.device(), start.tensors());
        ShardedChild child =
            new ShardedChild(
                settings(states), PassedModel.of(parent), model, ranks, 1, () -> Long.MAX_VALUE);
        GlobalProgress progress = new GlobalProgress(child.tensors())) {
      new ShardedCheckpoint(checkpoint(), child).restore(progress);
      assertThat(progress.step()).isEqualTo(4);
      Map<String, List<Float>> values = new TreeMap<>();
      put(values, "current", progress.current().asMap());
      put(values, "best", progress.best().asMap());
      OptimizerTensors optimizer = child.optimizer().tensors();
      optimizer.byElement().forEach((kind, tensors) -> put(values, kind, tensors));
      optimizer.byBlock().forEach((kind, tensors) -> put(values, kind, tensors));
      optimizer
          .byTensor()
          .forEach(
              (kind, tensors) ->
                  tensors.forEach(
                      (name, tensor) -> assertThat(Tensors.scalar(tensor)).isEqualTo(4)));
      return values;
    }
  }

  private static void put(
      Map<String, List<Float>> values, String kind, Map<String, Tensor> tensors) {
    tensors.forEach(
        (name, tensor) ->
            values.put(kind + " " + name, new ArrayList<>(Floats.asList(Tensors.floats(tensor)))));
  }

  private Map<String, List<Float>> restored(int size, OptimizerStates states) throws Exception {
    Map<String, List<Float>> all = new TreeMap<>();
    for (Map<String, List<Float>> part : RankThreads.run(size, r -> restored(r, states))) {
      part.forEach(
          (name, values) -> all.computeIfAbsent(name, missing -> new ArrayList<>()).addAll(values));
    }
    return all;
  }

  @ParameterizedTest
  @EnumSource(OptimizerStates.class)
  void restore_anotherNumberOfRanks_givesEveryElementOfTheState(OptimizerStates states)
      throws Exception {
    killed(3, states, 5);
    Map<String, List<Float>> expected = restored(3, states);
    for (int size : new int[] {1, 2, 4}) {
      assertThat(restored(size, states)).isEqualTo(expected);
    }
  }

  /** One process has moments in LibTorch's own form, or of 8 bits. */
  @ParameterizedTest
  @EnumSource(OptimizerStates.class)
  void restore_stateOfOneProcess_givesEveryElementOfIt(OptimizerStates states) throws Exception {
    killed(1, states, 5);
    assertThat(directory.resolve("optimizer.pt")).exists();
    Map<String, List<Float>> expected = restored(1, states);
    for (int size : new int[] {2, 3}) {
      assertThat(restored(size, states)).isEqualTo(expected);
    }
  }

  @Test
  void distill_killedAsOneProcess_endsOnTwoAsOneWouldHave() throws Exception {
    GlobalDistiller whole = new GlobalDistiller(settings(OptimizerStates.FLOAT32));
    Made expected = one(whole, Communicator.alone(), -1);
    killed(1, OptimizerStates.FLOAT32, 5);
    Made made = run(2, OptimizerStates.FLOAT32, -1);
    assertThat(messages).isEmpty();
    assertThat(made.losses().subList(0, 4)).isEqualTo(expected.losses().subList(0, 4));
    for (int step = 4; step < STEPS; step++) {
      assertThat(made.losses().get(step)).isCloseTo(expected.losses().get(step), within(1e-3));
    }
  }

  @Test
  void distill_killedOnThreeRanksThenTwo_endsOnOne() throws Exception {
    killed(3, OptimizerStates.FLOAT32, 3);
    killed(2, OptimizerStates.FLOAT32, 5);
    Made made = run(1, OptimizerStates.FLOAT32, -1);
    assertThat(made.losses()).hasSize(STEPS);
    assertThat(made.evaluations())
        .extracting(GlobalDistillation.Evaluation::step)
        .containsExactly(0, 2, 4, 6);
    assertThat(messages).isEmpty();
  }

  private Path slice(int rank) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files
          .filter(file -> file.endsWith("rank-" + rank + ".safetensors"))
          .findFirst()
          .orElseThrow();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void restore_sliceThatIsMissing_isRefusedByItsName(int size) throws Exception {
    killed(3, OptimizerStates.FLOAT32, 5);
    Path missing = slice(1);
    Files.delete(missing);
    Made made = run(size, OptimizerStates.FLOAT32, -1);
    assertThat(messages)
        .containsExactly(
            "the saved state of the distillation is not used: " + missing + " is missing");
    assertThat(made.losses()).hasSize(STEPS);
  }

  @Test
  void restore_sliceThatIsDamaged_isRefusedByItsName() throws Exception {
    killed(3, OptimizerStates.FLOAT32, 5);
    Path damaged = slice(2);
    CorruptedFiles.FLIPPED.to(damaged);
    Made unused = run(3, OptimizerStates.FLOAT32, -1);
    assertThat(messages)
        .containsExactly(
            "the saved state of the distillation is not used: "
                + damaged
                + " is not as it was written");
  }

  @Test
  void save_laterState_replacesTheFormer() throws Exception {
    killed(2, OptimizerStates.FLOAT32, 5);
    try (Stream<Path> files = Files.list(directory)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder("state.json", "step-4");
    }
  }
}
