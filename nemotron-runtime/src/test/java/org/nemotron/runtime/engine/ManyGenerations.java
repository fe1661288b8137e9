package org.nemotron.runtime.engine;

import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import org.nemotron.core.tensor.MemoryUse;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.runtime.sampling.SamplingParams;

/**
 * Generates many answers, and prints what the process has in use as it goes on: {@code generations
 * NUMBER RESIDENT TRACKED OBJECTS HEAP}.
 *
 * <p>{@code main GENERATIONS LEAKED}: LEAKED tensors of one element are kept with every generation
 * and never released, to see whether that shows.
 */
final class ManyGenerations {
  private static final int SAMPLES = 10;

  private ManyGenerations() {}

  public static void main(String[] arguments) throws IOException {
    int generations = Integer.parseInt(arguments[0]);
    int leaked = Integer.parseInt(arguments[1]);
    try (TextGenerator generator = SmallModel.generator(EngineSettings.defaults())) {
      for (int done = 1; done <= generations; done++) {
        GenerationResult result = generator.generate(request(done));
        if (result.tokens().isEmpty()) {
          throw new IllegalStateException("an answer is missing");
        }
        leak(leaked);
        if (done % (generations / SAMPLES) == 0) {
          print(done);
        }
      }
    }
  }

  private static GenerationRequest request(int number) {
    return GenerationRequest.continuing(ImmutableIntArray.of(number % 90, 7, 9))
        .maxNewTokens(1 + number % 16)
        .sampling(SamplingParams.builder().temperature(number % 2).seed(number).build())
        .build();
  }

  private static void leak(int tensors) {
    for (int tensor = 0; tensor < tensors; tensor++) {
      try (NativeScope scope = NativeScope.open()) {
        NativeScope.keep(Tensors.of(new float[] {1}, 1));
      }
    }
  }

  private static void print(int done) {
    MemoryUse use = MemoryUse.afterCollection();
    System.out.printf(
        "generations %d %d %d %d %d%n",
        done, use.residentBytes(), use.trackedBytes(), use.nativeObjects(), use.heapBytes());
  }
}
