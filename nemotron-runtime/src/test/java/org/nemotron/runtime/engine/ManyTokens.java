package org.nemotron.runtime.engine;

import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.Pointer;

/**
 * Generates many tokens in a process of its own and prints by how many bytes its resident memory
 * grew meanwhile. The heap of that process has its full size from the start.
 */
final class ManyTokens {
  private static final int WARM_UP_TOKENS = 25_000;
  private static final int TOKENS = 100_000;

  private ManyTokens() {}

  public static void main(String[] arguments) throws IOException {
    try (TextGenerator generator = SmallModel.generator(EngineSettings.defaults())) {
      generate(generator, WARM_UP_TOKENS);
      long before = Pointer.physicalBytes();
      generate(generator, TOKENS);
      System.out.println("grown " + (Pointer.physicalBytes() - before));
    }
  }

  private static void generate(TextGenerator generator, int tokens) {
    long before = generator.metrics().generatedTokens();
    while (generator.metrics().generatedTokens() - before < tokens) {
      List<GenerationRequest> batch = new ArrayList<>();
      for (int i = 0; i < 64; i++) {
        batch.add(
            GenerationRequest.continuing(ImmutableIntArray.of(i, 7, 9)).maxNewTokens(100).build());
      }
      if (generator.generateAll(batch).size() != batch.size()) {
        throw new IllegalStateException("an answer is missing");
      }
    }
  }
}
