package org.nemotron.examples.evaluation;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.nemotron.core.backend.Backends;
import org.nemotron.core.checkpoint.CheckpointWeights;
import org.nemotron.core.checkpoint.ModelReader;
import org.nemotron.core.checkpoint.TokenizerDirectory;
import org.nemotron.core.eval.SequenceModel;
import org.nemotron.core.eval.run.ModelFingerprints;
import org.nemotron.core.inference.InferenceBackend;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.provenance.Fingerprint;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.Resources;
import org.nemotron.core.text.Tokenizer;
import org.nemotron.runtime.text.EndTokens;

/** A model of a path, open for benchmarks. */
final class EvaluatedModel implements AutoCloseable {
  private final Path path;
  private final Device device;
  private final WeightFormat format;
  private final Fingerprint fingerprint;
  private final SequenceModel model;
  private final Resources parts;

  /** Where and how models are computed. */
  record Settings(Device device, Optional<WeightFormat> format, Optional<Integer> batchTokens) {}

  private EvaluatedModel(
      Path path,
      Device device,
      WeightFormat format,
      Fingerprint fingerprint,
      SequenceModel model,
      Resources parts) {
    this.path = path;
    this.device = device;
    this.format = format;
    this.fingerprint = fingerprint;
    this.model = model;
    this.parts = parts;
  }

  static EvaluatedModel open(Path path, Settings settings) throws IOException {
    Device device = settings.device();
    DType dtype = device.equals(Device.CPU) ? DType.FLOAT32 : DType.BFLOAT16;
    try (Resources made = new Resources()) {
      InferenceBackend backend = made.add(Backends.of(device), InferenceBackend::close);
      WeightFormat format = settings.format().orElseGet(backend::bestFormat);
      CheckpointWeights weights =
          made.add(ModelReader.weights(path, dtype, Device.CPU), CheckpointWeights::close);
      SequenceModel model =
          made.add(model(path, settings, made, weights, backend, format), SequenceModel::close);
      Fingerprint fingerprint = ModelFingerprints.of(path, device, format);
      return new EvaluatedModel(path, device, format, fingerprint, model, made.complete());
    }
  }

  private static SequenceModel model(
      Path path,
      Settings settings,
      Resources made,
      CheckpointWeights weights,
      InferenceBackend backend,
      WeightFormat format)
      throws IOException {
    try (TokenizerDirectory files = TokenizerDirectory.of(path)) {
      EndTokens ends = EndTokens.read(files.path(), weights.spec().specialTokens());
      Tokenizer tokenizer = made.add(Tokenizer.open(files.path()), Tokenizer::close);
      SequenceModel.Builder builder =
          SequenceModel.builder(tokenizer, weights.spec(), weights, backend)
              .format(format)
              .endTokens(ends.ids());
      settings.batchTokens().ifPresent(builder::batchTokens);
      return builder.build();
    }
  }

  /** Returns the path as it was given. */
  Path path() {
    return path;
  }

  Device device() {
    return device;
  }

  WeightFormat format() {
    return format;
  }

  Fingerprint fingerprint() {
    return fingerprint;
  }

  SequenceModel model() {
    return model;
  }

  @Override
  public void close() {
    parts.close();
  }
}
