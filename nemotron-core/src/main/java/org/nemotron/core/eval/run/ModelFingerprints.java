package org.nemotron.core.eval.run;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.provenance.Fingerprint;
import org.nemotron.core.tensor.Device;

/** What a model's answers depend on beside the requests. */
public final class ModelFingerprints {
  private static final ImmutableList<String> ENDS = ImmutableList.of(".json", ".safetensors");

  private ModelFingerprints() {}

  /**
   * Returns the fingerprint of a model's files, where it is computed, and in which format.
   *
   * @param model a Hugging Face directory, or a GGUF file; its weights are read as a stream
   * @throws IOException if a file cannot be read
   */
  public static Fingerprint of(Path model, Device device, WeightFormat format) throws IOException {
    Fingerprint.Builder fingerprint =
        Fingerprint.builder().put("device", device.toString()).put("format", format.name());
    if (Files.isRegularFile(model)) {
      return fingerprint.putFile("model", model).build();
    }
    for (Path file : files(model)) {
      fingerprint.putFile(String.valueOf(file.getFileName()), file);
    }
    return fingerprint.build();
  }

  private static ImmutableList<Path> files(Path directory) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries
          .filter(Files::isRegularFile)
          .filter(file -> ENDS.stream().anyMatch(String.valueOf(file.getFileName())::endsWith))
          .sorted()
          .collect(ImmutableList.toImmutableList());
    }
  }
}
