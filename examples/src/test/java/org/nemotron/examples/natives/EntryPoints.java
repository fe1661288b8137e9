package org.nemotron.examples.natives;

import java.io.IOException;
import java.nio.file.Path;
import org.nemotron.core.checkpoint.ModelReader;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.nas.pipeline.Compression;
import org.nemotron.nas.pipeline.NoArchitectureException;
import org.nemotron.runtime.engine.EngineSettings;
import org.nemotron.runtime.engine.TextGenerator;

/** Begins with the library in the way that is named, and prints what is thrown. */
final class EntryPoints {
  private static final Path MODEL = Path.of("models/tale-7m");
  private static final Path TEXT = Path.of("data/tinystories.val.txt.gz");

  private EntryPoints() {}

  public static void main(String[] arguments) throws IOException, NoArchitectureException {
    for (String entry : arguments) {
      try {
        enter(entry);
        System.out.println(entry + ": works");
      } catch (RuntimeException | LinkageError e) {
        System.out.println(entry + ": " + e);
      }
    }
  }

  private static void enter(String entry) throws IOException, NoArchitectureException {
    switch (entry) {
      case "settings" -> System.out.println(EngineSettings.defaults());
      case "open" -> TextGenerator.open(MODEL).close();
      case "read" -> ModelReader.read(MODEL).close();
      case "scope" -> NativeScope.open().close();
      case "threads" -> CpuThreads.perOperation(1);
      case "compress" ->
          Compression.of(MODEL).text(TEXT).heldOut(TEXT).run(Path.of("target/no-natives"));
      default -> throw new IllegalArgumentException(entry);
    }
  }
}
