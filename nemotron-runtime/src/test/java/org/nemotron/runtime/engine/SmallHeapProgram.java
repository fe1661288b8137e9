package org.nemotron.runtime.engine;

import java.io.IOException;

/** Opens a generator under whatever limits its virtual machine was given, and fills its batch. */
final class SmallHeapProgram {
  private SmallHeapProgram() {}

  public static void main(String[] arguments) throws IOException {
    try (TextGenerator generator =
        SmallModel.generator(EngineSettings.builder().kvBytes(1L << 30).maxBatch(4000).build())) {
      System.out.println(generator.generate("Once").finish());
    } catch (IllegalArgumentException e) {
      System.out.println(e.getMessage());
    }
  }
}
