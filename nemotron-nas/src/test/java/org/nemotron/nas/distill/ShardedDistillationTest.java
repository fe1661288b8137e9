package org.nemotron.nas.distill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.Floats;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nemotron.core.distributed.Communicator;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.NonFiniteException;
import org.nemotron.core.tensor.Seed;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.core.testing.RankThreads;
import org.nemotron.core.text.TokenBatches;
import org.nemotron.nas.SmallParent;
import org.nemotron.nas.TensorValues;

/** Global distillation by several ranks, which are threads, against that of one process. */
final class ShardedDistillationTest {
  /** Of a loss or a weight: float32 sums in another order, amplified by ten steps of AdamW. */
  private static final double TOLERANCE = 1e-3;

  private static final int STEPS = 6;

  /** A layer that does nothing has no slices. */
  private static final ImmutableList<BlockSpec> BLOCKS =
      ImmutableList.of(
          new BlockSpec(new AttentionSpec.Linear(), new FfnSpec.Gated(24)),
          BlockSpec.NO_OP,
          new BlockSpec(new AttentionSpec.NoOp(), SmallParent.FFN));

  /** What one rank knows at the end. */
  private record Made(
      ImmutableMap<String, List<Float>> weights,
      List<Double> losses,
      List<Double> norms,
      List<GlobalDistillation.Evaluation> evaluations) {}

  @BeforeEach
  void oneCore() {
    CpuThreads.perOperation(1);
  }

  private static GlobalDistillationSettings settings(OptimizerStates states) {
    return new GlobalDistillationSettings(
        STEPS, OptimizerSettings.ofRate(3e-3), 1, 1, 0, 3, states);
  }

  private static HeterogeneousModel start() {
    return SmallParent.model(SmallParent.spec(BLOCKS), 5);
  }

  private static Made made(GlobalDistiller distiller, Communicator ranks, TokenBatches data)
      throws Exception {
    ImmutableList.Builder<Double> norms = ImmutableList.builder();
    GlobalDistiller own =
        distiller
            .withRanks(ranks)
            .withSteps(
                step -> norms.add(step.terms().getOrDefault(TrainingStep.GRADIENT_NORM, -1.0)));
    try (HeterogeneousModel parent = SmallParent.model();
        HeterogeneousModel start = start()) {
      if (ranks.rank() > 0) {
        own.follow(parent, start.spec(), data, SmallParent.heldOut(), step -> {});
        return new Made(ImmutableMap.of(), List.of(), norms.build(), List.of());
      }
      GlobalDistillation distilled =
          own.distill(parent, start, data, SmallParent.heldOut(), step -> {});
      try (HeterogeneousModel child = distilled.child()) {
        assertThat(distilled.stop()).isEmpty();
        return new Made(
            ImmutableMap.copyOf(TensorValues.of(child.tensors())),
            distilled.losses().asList(),
            norms.build(),
            distilled.evaluations());
      }
    }
  }

  private static Made made(int size, GlobalDistiller distiller) throws Exception {
    List<Made> all = RankThreads.run(size, ranks -> made(distiller, ranks, SmallParent.training()));
    for (Made other : all) {
      assertThat(other.norms()).isEqualTo(all.get(0).norms());
    }
    return all.get(0);
  }

  private static Made alone(GlobalDistiller distiller) throws Exception {
    return made(distiller, Communicator.alone(), SmallParent.training());
  }

  private static void assertClose(Made actual, Made expected) {
    assertThat(actual.evaluations().get(0)).isEqualTo(expected.evaluations().get(0));
    for (int step = 0; step < STEPS; step++) {
      assertThat(actual.losses().get(step))
          .isCloseTo(expected.losses().get(step), within(TOLERANCE));
      assertThat(actual.norms().get(step)).isCloseTo(expected.norms().get(step), within(TOLERANCE));
    }
    expected
        .weights()
        .forEach(
            (name, values) -> {
              List<Float> given = actual.weights().getOrDefault(name, List.of());
              assertThat(given).as(name).hasSameSizeAs(values);
              for (int i = 0; i < values.size(); i++) {
                assertThat((double) given.get(i))
                    .as("%s, element %s", name, i)
                    .isCloseTo(values.get(i), within(TOLERANCE));
              }
            });
  }

  private static GlobalDistiller distiller(OptimizerStates states) {
    return new GlobalDistiller(settings(states)).withThreads(1);
  }

  @ParameterizedTest
  @CsvSource({"1, true", "2, false", "2, true", "3, false", "3, true"})
  void distill_float32StatesOnAnyNumberOfRanks_isThatOfOneProcessButForRounding(
      int size, boolean divided) throws Exception {
    GlobalDistiller one = distiller(OptimizerStates.FLOAT32);
    Made actual = made(size, divided ? one.withParentDivided(Device.CPU) : one);
    assertClose(actual, alone(one));
  }

  @Test
  void distill_eightBitStatesInSlicesOfOneRank_givesTheBitsOfOneProcess() throws Exception {
    GlobalDistiller one = distiller(OptimizerStates.EIGHT_BIT);
    assertThat(alone(one.withParentDivided(Device.CPU))).isEqualTo(alone(one));
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void distill_eightBitStatesOnSeveralRanks_learnsAsOneProcess(int size) throws Exception {
    GlobalDistiller one = distiller(OptimizerStates.EIGHT_BIT);
    Made actual = made(size, one);
    Made expected = alone(one);
    assertThat(actual.losses().get(0)).isCloseTo(expected.losses().get(0), within(1e-5));
    assertThat(actual.norms().get(0)).isCloseTo(expected.norms().get(0), within(1e-5));
    for (int step = 1; step < STEPS; step++) { // rounding by chance follows rounding
      assertThat(actual.losses().get(step))
          .isCloseTo(expected.losses().get(step), within(20 * TOLERANCE));
    }
  }

  @ParameterizedTest
  @CsvSource({"1, FLOAT32", "2, FLOAT32", "2, FLOAT32_IN_HOST_MEMORY", "3, FLOAT32"})
  void distill_oneSequenceAtATime_isThatOfWholeBatchesButForRounding(
      int size, OptimizerStates states) throws Exception {
    GlobalDistiller whole = distiller(states);
    GlobalDistiller oneByOne =
        new GlobalDistiller(settings(states).withMicroBatch(1)).withThreads(1);
    assertClose(made(size, oneByOne.withParentDivided(Device.CPU)), alone(whole));
    assertClose(alone(oneByOne), alone(whole));
  }

  @Test
  void distill_statesInHostMemoryOnRanks_isThatOfOneProcessButForRounding() throws Exception {
    GlobalDistiller one = distiller(OptimizerStates.FLOAT32_IN_HOST_MEMORY);
    assertClose(made(2, one), alone(one));
  }

  @ParameterizedTest
  @CsvSource({"2, FLOAT32, 1", "3, FLOAT32, 2", "3, EIGHT_BIT, 1"})
  void distill_again_givesTheSameBits(int size, OptimizerStates states, int threads)
      throws Exception {
    GlobalDistiller distiller = distiller(states).withThreads(threads);
    assertThat(made(size, distiller)).isEqualTo(made(size, distiller));
  }

  @Test
  void distill_someRanksWithoutASequence_isThatOfOneProcessButForRounding() throws Exception {
    TokenBatches data =
        new TokenBatches(SmallParent.corpus(1000, 2), 2, SmallParent.WINDOW, new Seed(3));
    GlobalDistiller one = distiller(OptimizerStates.FLOAT32);
    Made actual = RankThreads.run(3, ranks -> made(one, ranks, data)).get(0);
    assertClose(actual, made(one, Communicator.alone(), data));
  }

  /** Returns the loss and this rank's gradients of one batch. */
  private static ImmutableMap<String, List<Float>> gradients(Communicator ranks, long freeBytes) {
    try (HeterogeneousModel parent = SmallParent.model();
        HeterogeneousModel start = start();
        ShardedModel model =
            new ShardedModel(ranks, start.spec(), start.dtype(), start.device(), start.tensors());
        ShardedChild child =
            new ShardedChild(
                settings(OptimizerStates.FLOAT32),
                PassedModel.of(parent),
                model,
                ranks,
                1,
                () -> freeBytes);
        NativeScope scope = NativeScope.open()) {
      double loss = child.backward(LearnedBatch.of(SmallParent.training(), 0), 0);
      ImmutableMap.Builder<String, List<Float>> all = ImmutableMap.builder();
      all.put("loss", List.of((float) loss));
      model
          .pieces()
          .asMap()
          .forEach((name, piece) -> all.put(name, Floats.asList(Tensors.floats(piece.grad()))));
      return all.buildOrThrow();
    }
  }

  @Test
  void backward_layersComputedAgain_givesTheGradientsOfKeptGraphs() throws Exception {
    List<ImmutableMap<String, List<Float>>> again = RankThreads.run(2, r -> gradients(r, 0));
    assertThat(again).isEqualTo(RankThreads.run(2, ranks -> gradients(ranks, Long.MAX_VALUE)));
  }

  @Test
  void backward_oneRankWithLessMemory_decidesForAll() throws Exception {
    List<ImmutableMap<String, List<Float>>> mixed =
        RankThreads.run(2, ranks -> gradients(ranks, ranks.rank() == 0 ? 0 : Long.MAX_VALUE));
    assertThat(mixed).isEqualTo(RankThreads.run(2, ranks -> gradients(ranks, 0)));
  }

  @Test
  void pieces_ofAllRanks_areTheModel() throws Exception {
    List<Integer> counts =
        RankThreads.run(
            3,
            ranks -> {
              try (HeterogeneousModel start = start();
                  ShardedModel model =
                      new ShardedModel(
                          ranks,
                          start.spec(),
                          start.dtype(),
                          start.device(),
                          ranks.rank() == 0 ? start.tensors() : ImmutableMap.of())) {
                assertThat(model.pieces().bytes()).isLessThan(start.weightBytes());
                try (var whole = model.gathered(true)) {
                  assertThat(TensorValues.of(whole.asMap()))
                      .isEqualTo(TensorValues.of(start.tensors()));
                }
                return model.pieces().asMap().values().stream()
                    .mapToInt(piece -> Math.toIntExact(piece.numel()))
                    .sum();
              }
            });
    long parameters = SmallParent.spec(BLOCKS).parameters();
    assertThat(counts.stream().mapToInt(Integer::intValue).sum()).isEqualTo((int) parameters);
  }

  @Test
  void distill_startThatIsNotFinite_isRefusedWithThePlaceOnAllRanks() {
    assertThatThrownBy(
            () ->
                RankThreads.run(
                    2,
                    ranks -> {
                      try (HeterogeneousModel parent = SmallParent.model();
                          HeterogeneousModel start = start()) {
                        Optional<Tensor> weight =
                            Optional.ofNullable(
                                start.tensors().get("model.layers.2.mlp.up_proj.weight"));
                        weight.orElseThrow().fill_(new Scalar(Float.NaN));
                        GlobalDistiller own = distiller(OptimizerStates.FLOAT32).withRanks(ranks);
                        if (ranks.rank() == 0) {
                          own.distill(parent, start, SmallParent.training(), SmallParent.heldOut())
                              .child()
                              .close();
                        } else {
                          own.follow(
                              parent,
                              start.spec(),
                              SmallParent.training(),
                              SmallParent.heldOut(),
                              step -> {});
                        }
                        return 0;
                      }
                    }))
        .isInstanceOf(NonFiniteException.class)
        .hasMessage(
            "global distillation: the assembled child's KL to the parent (NaN) is not finite, first"
                + " in the child's layer 2, FFN, so that there is nothing to begin with.");
  }
}
