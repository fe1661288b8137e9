package org.nemotron.nas.distill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Path;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

final class Float32AdamWTest {
  private static final int STEPS = 20;

  /** Decays so far apart that one for the other shows at once. */
  private static final OptimizerSettings SETTINGS =
      new OptimizerSettings(0.1, 0.05, 0.1, 0.5, 0.99, 0.01, 1);

  private static NamedTensors tensors() {
    try (NativeScope scope = NativeScope.open()) {
      Tensor first = Tensors.of(AdamWByHand.begin(), 3, 4);
      first.set_requires_grad(true);
      return NamedTensors.of(ImmutableMap.of("first", first));
    }
  }

  private static void steps(Float32AdamW optimizer, NamedTensors tensors, int from, int to) {
    for (int step = from; step < to; step++) {
      try (NativeScope scope = NativeScope.open()) {
        tensors.get("first").mutable_grad().put(Tensors.of(AdamWByHand.gradient(step), 3, 4));
      }
      assertThat(optimizer.step(step)).isPositive();
    }
  }

  private static void assertClose(NamedTensors tensors, int steps) {
    float[] actual = Tensors.floats(tensors.get("first"));
    double[] expected = AdamWByHand.expected(SETTINGS, STEPS, steps);
    for (int i = 0; i < expected.length; i++) {
      assertThat((double) actual[i]).as("%s", i).isCloseTo(expected[i], within(1e-5));
    }
  }

  @Test
  void step_manyTimes_isAdamWWithEachDecayInItsPlace() {
    try (NamedTensors tensors = tensors();
        Float32AdamW optimizer = new Float32AdamW(tensors, SETTINGS, STEPS)) {
      steps(optimizer, tensors, 0, 3);
      assertClose(tensors, 3);
      steps(optimizer, tensors, 3, STEPS);
      assertClose(tensors, STEPS);
    }
  }

  @Test
  void load_saved_goesOn(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("state");
    try (NamedTensors tensors = tensors();
        Float32AdamW first = new Float32AdamW(tensors, SETTINGS, STEPS);
        Float32AdamW second = new Float32AdamW(tensors, SETTINGS, STEPS)) {
      steps(first, tensors, 0, 7);
      first.save(file);
      second.load(file);
      steps(second, tensors, 7, STEPS);
      assertClose(tensors, STEPS);
    }
  }
}
