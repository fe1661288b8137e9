package org.nemotron.examples;

import com.google.common.base.Ascii;
import com.google.common.base.Enums;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.nemotron.core.checkpoint.CheckpointForm;
import org.nemotron.core.checkpoint.GgufModelUnpacker;
import org.nemotron.core.checkpoint.GgufModelWriter;
import org.nemotron.core.checkpoint.ModelReader;
import org.nemotron.core.checkpoint.ModelSpecReader;
import org.nemotron.core.checkpoint.ModelWriter;
import org.nemotron.core.checkpoint.Portability;
import org.nemotron.core.checkpoint.ServingEngine;
import org.nemotron.core.checkpoint.format.GgufType;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.examples.shell.ModelArgument;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Writes a model for other programs to run. */
@Command(
    name = "export",
    mixinStandardHelpOptions = true,
    description = "Writes a model, parent or child, for other programs, and says which load it.")
final class Export implements Callable<Integer> {
  private static final String GGUF = "gguf-";
  private static final String HUGGING_FACE = "hf";
  private static final long MAX_FILE_BYTES = 5_000_000_000L;

  @Spec private CommandSpec spec;

  @Option(
      names = "--to",
      paramLabel = "FORMAT",
      defaultValue = "gguf-f16",
      description =
          "gguf-f32, gguf-f16, gguf-bf16, gguf-q8_0 or gguf-q4_0; or hf for a directory in the form"
              + " that most engines know, or family, nemotron-nas or any-model for just that form"
              + " (default: gguf-f16)")
  private String format;

  @Option(
      names = "--dtype",
      paramLabel = "TYPE",
      defaultValue = "bfloat16",
      description =
          "element type of a directory: float32, bfloat16, float16, or float8_e4m3fn for the layers'"
              + " matrices with a scale for each row (default: bfloat16)")
  private String dtype;

  @Parameters(index = "0", paramLabel = "MODEL", description = "Hugging Face directory, or GGUF")
  private Path model;

  @Parameters(index = "1", paramLabel = "TARGET", description = "file or directory to write")
  private Path target;

  @SuppressWarnings("NullAway.Init") // picocli sets them
  private Export() {}

  @Override
  public Integer call() throws IOException {
    String wanted = Ascii.toLowerCase(format);
    Path unused = ModelArgument.checked(model);
    if (wanted.startsWith(GGUF)) {
      checkFileTarget();
      GgufModelWriter.convert(model, target, GgufType.parse(wanted.substring(GGUF.length())));
    } else if (Files.isRegularFile(model)) {
      GgufModelUnpacker.unpack(
          model, target, DType.parse(dtype), form(wanted, ModelSpecReader.read(model)));
    } else {
      writeDirectory(wanted);
    }
    spec.commandLine().getOut().println(target);
    Portability portability = Portability.of(ModelSpecReader.read(target));
    for (ServingEngine engine : ServingEngine.values()) {
      String obstacles = portability.loads(engine) ? "yes" : "no: " + portability.obstacles(engine);
      spec.commandLine().getOut().printf("  %-14s%s%n", engine.title(), obstacles);
    }
    if (!wanted.startsWith(GGUF) && DType.parse(dtype) == DType.FLOAT8_E4M3) {
      spec.commandLine()
          .getOut()
          .println("That is by architecture: 8-bit floats have been tried with none of them.");
    }
    return 0;
  }

  private void writeDirectory(String wanted) throws IOException {
    DType type = DType.parse(dtype);
    try (HeterogeneousModel read = ModelReader.read(model, ModelWriter.held(type), Device.CPU)) {
      ModelWriter.write(read, target, type, model, form(wanted, read.spec()), MAX_FILE_BYTES);
    }
  }

  private void checkFileTarget() throws IOException {
    if (Files.isDirectory(target)) {
      throw new IOException(
          target
              + " is a directory, and "
              + format
              + " is a file.\nMaybe name "
              + target.resolve("model.gguf")
              + ".");
    }
    if (Files.exists(target) && Files.isSameFile(model, target)) {
      throw new IOException(
          target + " is the model itself and is not replaced.\nMaybe name a new file.");
    }
  }

  private CheckpointForm form(String wanted, ModelSpec read) {
    return wanted.equals(HUGGING_FACE)
        ? CheckpointForm.of(read)
        : Enums.getIfPresent(CheckpointForm.class, Ascii.toUpperCase(wanted).replace('-', '_'))
            .toJavaUtil()
            .orElseThrow(
                () ->
                    new ParameterException(
                        spec.commandLine(), "--to (" + format + ") is not a known format"));
  }
}
