package org.nemotron.examples.guide;

import java.io.IOException;
import java.nio.file.Path;
import org.nemotron.nas.pipeline.Compression;
import org.nemotron.nas.pipeline.NoArchitectureException;
import org.nemotron.nas.pipeline.Target;
import org.nemotron.runtime.engine.TextGenerator;

/** The program that the README shows: compiled here, and compared by {@link GuideTextTest}. */
final class ReadmeProgram {
  private ReadmeProgram() {}

  static void run(Path parent, Path text, Path heldOut, Path output)
      throws IOException, NoArchitectureException {
    // snippet: readme
    Compression.of(parent) // a Hugging Face directory or a GGUF file
        .text(text)
        .heldOut(heldOut)
        .target(Target.speedup(1.5))
        .run(output);
    try (TextGenerator child = TextGenerator.open(output.resolve("child"))) {
      System.out.println(child.generate("Once upon a time").text());
    }
    // end
  }
}
