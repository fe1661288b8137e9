package org.nemotron.core.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.checkpoint.format.GgufType;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/** What llama.cpp computes with our GGUF files must be what we compute. */
final class LlamaCppParityTest {
  private static final int NEW_TOKENS = 64;
  private static final int SEEDS = 3;
  private static final ImmutableList<GgufType> WRITTEN =
      Arrays.stream(GgufType.values())
          .filter(GgufType::isWritten)
          .collect(ImmutableList.toImmutableList());

  @BeforeAll
  static void useOneCore() {
    // The models are small: to wake other cores for every operation would only cost time.
    CpuThreads.perOperation(1);
  }

  /** What the relative deviation of a hidden state may be, by what llama.cpp rounds. */
  private static double tolerance(GgufType type) {
    return switch (type) {
      case F32 -> 1e-5;
      // Activations are rounded to half precision too.
      case F16 -> 5e-3;
      // Eight bits of mantissa, of weights and of activations.
      case BF16 -> 4e-2;
      // Activations are rounded to blocks of bytes.
      case Q8_0, Q4_0 -> 5e-2;
      default -> throw new IllegalArgumentException(type + " is not written");
    };
  }

  private record Case(String name, ModelSpec spec, int seed, GgufType type) {
    Path file(Path directory) {
      return directory.resolve(name.replace(" ", "-") + "-" + seed + "-" + type + ".gguf");
    }
  }

  @TestFactory
  Stream<DynamicTest> write_everyKindOfModelAndType_computesTheSameInLlamaCpp(
      @TempDir Path directory) throws IOException, InterruptedException {
    LetterModels.writeTokenizer(directory);
    List<Case> cases = new ArrayList<>();
    for (Map.Entry<String, ModelSpec> entry : LetterModels.specs().entrySet()) {
      for (int seed = 1; seed <= SEEDS; seed++) {
        for (GgufType type : WRITTEN) {
          cases.add(new Case(entry.getKey(), entry.getValue(), seed, type));
        }
      }
    }
    List<LlamaCpp.Question> questions = new ArrayList<>();
    for (Case one : cases) {
      try (HeterogeneousModel model = LetterModels.model(one.spec(), one.seed())) {
        GgufModelWriter.write(model, one.file(directory), one.type(), directory);
      }
      questions.add(
          new LlamaCpp.Question(
              one.file(directory),
              LetterModels.PROMPT,
              one.type() == GgufType.F32 ? NEW_TOKENS : 0));
    }
    ImmutableList<LlamaCpp.Answer> answers = LlamaCpp.ask(questions, directory);
    return IntStream.range(0, cases.size())
        .mapToObj(
            index ->
                dynamicTest(
                    cases.get(index).toString(),
                    () -> assertSame(cases.get(index), answers.get(index), directory)));
  }

  private static void assertSame(Case one, LlamaCpp.Answer answer, Path directory)
      throws IOException {
    assertThat(answer.error()).isEmpty();
    // What was written is also read back: a quantized file is judged by the weights it holds.
    try (NativeScope scope = NativeScope.open();
        HeterogeneousModel model =
            one.type().isQuantized()
                ? ModelReader.read(one.file(directory), DType.FLOAT32, Device.CPU)
                : LetterModels.model(one.spec(), one.seed())) {
      assertThat(deviation(answer.hidden(), hidden(model)))
          .isLessThanOrEqualTo(tolerance(one.type()));
      if (one.type() == GgufType.F32) {
        assertThat(answer.text()).isEqualTo(continuation(model));
      }
    }
  }

  /** Returns the last hidden state of the prompt, scaled to a length of 1. */
  private static float[] hidden(HeterogeneousModel model) {
    Tensor ids = ids(LetterModels.PROMPT);
    Tensor last = model.hiddenStates(ids).get(model.spec().layers());
    Tensor normalized = model.normalize(last).select(1, ids.size(1) - 1);
    return Tensors.floats(normalized.div(normalized.norm()));
  }

  /** Returns how far {@code actual} is from {@code expected}, relative to its length of 1. */
  private static double deviation(List<Float> actual, float[] expected) {
    assertThat(actual).hasSize(expected.length);
    double sum = 0;
    for (int index = 0; index < expected.length; index++) {
      sum += Math.pow(actual.get(index) - expected[index], 2);
    }
    return Math.sqrt(sum);
  }

  /** Continues the prompt greedily, never by the end token; every step computes all positions. */
  private static String continuation(HeterogeneousModel model) {
    StringBuilder text = new StringBuilder(LetterModels.PROMPT);
    try (NoGradGuard inference = new NoGradGuard()) {
      for (int token = 0; token < NEW_TOKENS; token++) {
        try (NativeScope scope = NativeScope.open()) {
          Tensor logits = model.logits(ids(text.toString()));
          Tensor last = logits.select(1, logits.size(1) - 1).select(0, 0);
          int first = LetterModels.END + 1;
          long next = last.narrow(0, first, last.size(0) - first).argmax().item_long() + first;
          text.append(LetterModels.decode(next));
        }
      }
    }
    return text.substring(LetterModels.PROMPT.length());
  }

  private static Tensor ids(String text) {
    long[] ids = LetterModels.encode(text);
    return Tensors.of(ids, 1, ids.length);
  }
}
