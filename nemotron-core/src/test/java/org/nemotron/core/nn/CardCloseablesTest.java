package org.nemotron.core.nn;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nemotron.core.cuda.Card;
import org.nemotron.core.cuda.CardClock;
import org.nemotron.core.cuda.CardGraph;
import org.nemotron.core.cuda.CardProgram;
import org.nemotron.core.cuda.CardStream;
import org.nemotron.core.cuda.KernelLauncher;
import org.nemotron.core.cuda.PinnedBytes;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.WeightFormat;

/** What {@link CloseablesTest} asks of closeables that only a card has. */
@EnabledIf(value = "hasCard", disabledReason = "there is no CUDA card here")
final class CardCloseablesTest {
  private static final Device CARD = new Device("cuda", 0);

  static boolean hasCard() {
    return Card.isAvailable();
  }

  static Stream<CloseableCase> cases() {
    return Stream.of(
        CloseableCase.of(
            CardClock.class,
            () -> new CardClock(2),
            CardCloseablesTest::mark,
            "this clock is closed"),
        CloseableCase.of(
            CardGraph.class,
            () -> CardGraph.record(stream(), () -> {}),
            CardGraph::launch,
            "this graph is closed"),
        CloseableCase.of(
            CardProgram.class,
            () ->
                CardProgram.compile(
                    Card.of(CARD), StepKernels.class, List.of("step.cu"), List.of()),
            made -> assertThat(made.kernel("embed")).isNotNull(),
            "this program is closed"),
        CloseableCase.of(
            CardStream.class,
            CardCloseablesTest::stream,
            CardStream::synchronize,
            "this stream is closed"),
        CloseableCase.ofNothing(CardStream.Use.class, () -> stream().use())
            .onItsThreadOnly("a stream taken on thread %s must be left there, not on %s"),
        CloseableCase.of(
            KernelLauncher.class,
            () -> new KernelLauncher(stream()),
            made -> made.number(1),
            "this launcher is closed"),
        CloseableCase.of(
            PinnedBytes.class,
            () -> new PinnedBytes(8),
            made -> assertThat(made.bytes().capacity()).isEqualTo(8),
            "this memory is closed"));
  }

  /** What the interfaces of {@link CloseablesTest} promise, kept by a card. */
  static Stream<CloseableCase> casesOfCards() {
    return Stream.of(
        CloseableCase.of(
            InferenceDevice.class,
            () -> InferenceDevice.of(CARD),
            made -> ready(made).close(),
            "this device is closed"),
        CloseableCase.of(
            InferenceModel.class,
            () -> ready(InferenceDevice.of(CARD)),
            CardCloseablesTest::step,
            "this model is closed"),
        CloseableCase.of(
            KvMemory.class,
            () -> ready(InferenceDevice.of(CARD)).newMemory(1),
            CardCloseablesTest::stepWith,
            "this memory is closed"));
  }

  private static CardStream stream() {
    return new CardStream(Card.of(CARD));
  }

  private static void mark(CardClock clock) {
    try (CardStream stream = stream()) {
      clock.mark(0, stream);
    }
  }

  private static InferenceModel ready(InferenceDevice device) {
    try (HeterogeneousModel model = CardModelTest.firstModel()) {
      return device.prepare(model, WeightFormat.BFLOAT16, 4);
    }
  }

  private static void step(InferenceModel model) {
    try (KvMemory memory = model.newMemory(1)) {
      CloseablesTest.step(model, memory);
    }
  }

  private static void stepWith(KvMemory memory) {
    try (InferenceDevice device = InferenceDevice.of(CARD);
        InferenceModel model = ready(device)) {
      CloseablesTest.step(model, memory);
    }
  }

  static Stream<CloseableCase> allCases() {
    return Stream.concat(cases(), casesOfCards());
  }

  @ParameterizedTest
  @MethodSource("allCases")
  void close_twice_isHarmless(CloseableCase closeable) throws Exception {
    closeable.assertClosesTwice();
  }

  @ParameterizedTest
  @MethodSource("allCases")
  void use_afterClose_isRefused(CloseableCase closeable) throws Exception {
    closeable.assertRefusesUseAfterClose();
  }

  @ParameterizedTest
  @MethodSource("allCases")
  void close_onAnotherThread_keepsTheRuleOfItsType(CloseableCase closeable) throws Exception {
    closeable.assertKeepsItsThreadRule();
  }
}
