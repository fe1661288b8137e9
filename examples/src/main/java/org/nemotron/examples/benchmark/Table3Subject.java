package org.nemotron.examples.benchmark;

import static com.google.common.base.Preconditions.checkArgument;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.nemotron.core.checkpoint.ModelSpecReader;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.nas.report.ThroughputRow;

/**
 * A model whose rows are measured, by its shape.
 *
 * @param name in rows
 * @param spec its layers
 * @param known the model of the table that it is; empty for others
 */
record Table3Subject(String name, ModelSpec spec, Optional<Table3Models> known) {
  private static final String CONFIG = "config.json";

  static Table3Subject of(Table3Models model) {
    return new Table3Subject(model.toString(), model.spec(), Optional.of(model));
  }

  /**
   * Reads the model that a config.json describes, or that of a directory with one.
   *
   * @throws IOException if it cannot be read, or describes a model that this library does not have
   */
  static Table3Subject read(Path config) throws IOException {
    boolean isFile = Files.isRegularFile(config);
    checkArgument(
        !isFile || config.endsWith(CONFIG), "--config (%s) must be a config.json", config);
    Path directory = isFile ? config.toAbsolutePath().getParent() : config;
    checkArgument(directory != null, "--config (%s) must be a config.json", config);
    Path name = directory.toAbsolutePath().normalize().getFileName();
    return new Table3Subject(
        name == null ? CONFIG : name.toString(), ModelSpecReader.read(directory), Optional.empty());
  }

  /** Returns the model of the first so many layers. */
  Table3Subject first(int layers) {
    return layers == 0
        ? this
        : new Table3Subject(
            name + ", " + layers + " layers",
            spec.withBlocks(spec.blocks().subList(0, layers)),
            Optional.empty());
  }

  /** Returns what others measured with it: see {@link Table3Scenario#measured}. */
  Optional<ThroughputRow.Published> published(Table3Scenario scenario, int gpus) {
    return known.flatMap(model -> scenario.measured(model, gpus));
  }
}
