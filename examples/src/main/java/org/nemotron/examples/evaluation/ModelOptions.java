package org.nemotron.examples.evaluation;

import java.util.Optional;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.tensor.Device;
import picocli.CommandLine.Option;

/** Where and how models are computed. */
final class ModelOptions {
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

  /** Returns the settings, with how many tokens are computed together if that is given. */
  EvaluatedModel.Settings settings(Optional<Integer> batch) {
    return new EvaluatedModel.Settings(Device.parse(device), weights, batch);
  }
}
