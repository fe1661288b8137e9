package org.nemotron.examples;

import java.util.Optional;
import org.nemotron.core.inference.KvFormat;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.tensor.Device;
import org.nemotron.runtime.engine.EngineSettings;
import picocli.CommandLine.Option;

/** Where a model generates, and how it is held there. */
final class EngineOptions {
  @Option(
      names = "--device",
      defaultValue = "cpu",
      description = "cpu, cuda or cuda:N (default: ${DEFAULT-VALUE})")
  private String device = "cpu";

  @Option(
      names = "--weights",
      description =
          "how weights are held: ${COMPLETION-CANDIDATES} (default: what suits the device)")
  private Optional<WeightFormat> weights = Optional.empty();

  @Option(
      names = "--head",
      description = "how the head is held: BFLOAT16 or FLOAT8_E4M3 (default: BFLOAT16 on a GPU)")
  private Optional<WeightFormat> head = Optional.empty();

  @Option(
      names = "--kv-cache",
      description = "how keys and values are held: ${COMPLETION-CANDIDATES} (default: USUAL)")
  private Optional<KvFormat> kvCache = Optional.empty();

  @Option(
      names = "--tensor-parallel",
      defaultValue = "1",
      description = "GPUs that share the model, from --device on (default: ${DEFAULT-VALUE})")
  private int tensorParallel = 1;

  /** Returns settings with what was given, to add to. */
  EngineSettings.Builder settings() {
    EngineSettings.Builder settings = EngineSettings.builder().device(Device.parse(device));
    weights.ifPresent(settings::weights);
    head.ifPresent(settings::head);
    kvCache.ifPresent(settings::kvFormat);
    return settings.tensorParallel(tensorParallel);
  }
}
