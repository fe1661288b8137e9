package org.nemotron.runtime.sampling;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.nemotron.runtime.config.ConfigFiles;

/**
 * The sampling parameters of a generation_config.json, or where there is none of a config.json, as
 * older models have them. A parameter that it does not name has the default of Hugging Face
 * transformers.
 */
final class GenerationConfig {
  private static final int TRANSFORMERS_TOP_K = 50;

  private final Path file;
  private final JsonNode config;

  private GenerationConfig(Path file, JsonNode config) {
    this.file = file;
    this.config = config;
  }

  static SamplingParams read(Path directory) throws IOException {
    Path own = directory.resolve(ConfigFiles.GENERATION);
    Path file = Files.exists(own) ? own : directory.resolve(ConfigFiles.MODEL);
    return new GenerationConfig(file, ConfigFiles.read(file)).params();
  }

  private SamplingParams params() throws IOException {
    SamplingParams.Builder params = SamplingParams.builder();
    boolean samples = flag("do_sample");
    UnsupportedGeneration.check(file, config, samples);
    double temperature = number("temperature", 1);
    double topK = number("top_k", TRANSFORMERS_TOP_K);
    double topP = number("top_p", 1);
    double minP = number("min_p", 0);
    double penalty = number("repetition_penalty", 1);
    if (topK != (int) topK) {
      throw new IOException(file + ": top_k (" + topK + ") must be a whole number");
    }
    try {
      params.repetitionPenalty(penalty);
      return samples
          ? params.temperature(temperature).topK((int) topK).topP(topP).minP(minP).build()
          : params.temperature(0).build();
    } catch (IllegalArgumentException e) {
      throw new IOException(file + ": " + e.getMessage(), e);
    }
  }

  private boolean flag(String key) throws IOException {
    JsonNode value = config.path(key);
    if (value.isMissingNode() || value.isNull()) {
      return false;
    }
    if (!value.isBoolean()) {
      throw new IOException(file + ": " + key + " (" + value + ") must be true or false");
    }
    return value.booleanValue();
  }

  private double number(String key, double otherwise) throws IOException {
    JsonNode value = config.path(key);
    if (value.isMissingNode() || value.isNull()) {
      return otherwise;
    }
    if (!value.isNumber()) {
      throw new IOException(file + ": " + key + " (" + value + ") must be a number");
    }
    return value.doubleValue();
  }
}
