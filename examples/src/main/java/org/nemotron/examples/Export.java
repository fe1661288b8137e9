package org.nemotron.examples;

import com.google.common.base.Ascii;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.nemotron.core.checkpoint.GgufModelWriter;
import org.nemotron.core.checkpoint.GgufType;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Writes a model for other programs to run. */
@Command(
    name = "export",
    mixinStandardHelpOptions = true,
    description = "Writes a model, parent or child, for llama.cpp and programs built on it.")
final class Export implements Callable<Integer> {
  private static final String GGUF = "gguf-";

  @Spec private CommandSpec spec;

  @Option(
      names = "--to",
      paramLabel = "FORMAT",
      defaultValue = "gguf-f16",
      description = "gguf-f32, gguf-f16, gguf-bf16, gguf-q8_0 or gguf-q4_0 (default: gguf-f16)")
  private String format;

  @Parameters(index = "0", paramLabel = "DIR", description = "Hugging Face directory")
  private Path model;

  @Parameters(index = "1", paramLabel = "FILE", description = "the file to write")
  private Path file;

  @SuppressWarnings("NullAway.Init") // picocli sets them
  private Export() {}

  @Override
  public Integer call() throws IOException {
    GgufType type = GgufType.parse(Ascii.toLowerCase(format).replaceFirst("^" + GGUF, ""));
    GgufModelWriter.convert(model, file, type);
    spec.commandLine().getOut().printf("%s: %,d bytes%n", file, Files.size(file));
    return 0;
  }
}
