package org.nemotron.nas.library;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Sets;
import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;
import org.nemotron.core.checkpoint.safetensors.SafetensorsFile;
import org.nemotron.core.checkpoint.safetensors.SafetensorsWriter;
import org.nemotron.core.io.AtomicFiles;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/**
 * A library on disk: {@code manifest.json} with the candidates and the index sets of the untrained
 * ones, and one safetensors file per trained candidate. The parent's weights are not among them.
 */
public final class LibraryFiles {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String MANIFEST = "manifest.json";

  private LibraryFiles() {}

  /**
   * Writes {@code candidates} of {@code library} to {@code directory} and returns the files, the
   * manifest last.
   *
   * @throws IOException if a file cannot be written
   */
  public static ImmutableList<Path> write(
      BlockLibrary library, Set<? extends Candidate> candidates, Path directory)
      throws IOException {
    ImmutableSet<Candidate> trained =
        ImmutableSet.copyOf(Sets.intersection(library.trained(), candidates));
    writeWeights(library, trained, directory);
    return writeManifest(library, candidates, trained, directory);
  }

  /**
   * Writes the weights of {@code trained} candidates of {@code library}, as part of what {@link
   * #write} does.
   *
   * @throws IOException if a file cannot be written
   */
  public static void writeWeights(
      BlockLibrary library, Set<? extends Candidate> trained, Path directory) throws IOException {
    for (Candidate candidate : trained) {
      try (NamedTensors weights = library.weights(candidate)) {
        new SafetensorsWriter().addAll(weights.asMap()).write(file(directory, candidate));
      }
    }
  }

  private static Path file(Path directory, Candidate candidate) {
    return directory.resolve(candidate.id() + ".safetensors");
  }

  /**
   * Writes the manifest of {@code candidates}, and returns all files, the manifest last.
   *
   * @param trained those whose weights have been written, in the order of their files
   * @throws IOException if it cannot be written
   */
  public static ImmutableList<Path> writeManifest(
      BlockLibrary library,
      Set<? extends Candidate> candidates,
      Set<? extends Candidate> trained,
      Path directory)
      throws IOException {
    ImmutableList.Builder<Path> files = ImmutableList.builder();
    trained.forEach(candidate -> files.add(file(directory, candidate)));
    Path manifest = directory.resolve(MANIFEST);
    AtomicFiles.write(manifest, manifest(library, candidates, trained).toPrettyString());
    return files.add(manifest).build();
  }

  private static ObjectNode manifest(
      BlockLibrary library, Set<? extends Candidate> written, Set<? extends Candidate> trained) {
    ObjectNode json = JSON.createObjectNode();
    json.put("kvHeadStart", library.kvHeadStart().name());
    ArrayNode layers = json.putArray("layers");
    for (LayerRanking ranking : library.rankings()) {
      ObjectNode layer = layers.addObject();
      ArrayNode channels = layer.putArray("channelsByImportance");
      ranking.channels().forEach(channels::add);
      ArrayNode heads = layer.putArray("kvHeadsByImportance");
      ranking.kvHeads().forEach(heads::add);
      ObjectNode origins = layer.putObject("originOfMultiLayer");
      ranking.origins().forEach((count, origin) -> origins.put(Integer.toString(count), origin));
    }
    ArrayNode candidates = json.putArray("candidates");
    for (Candidate candidate : written) {
      ObjectNode entry = CandidateJson.of(candidate).put("id", candidate.id());
      if (trained.contains(candidate)) {
        entry.put("file", candidate.id() + ".safetensors");
      }
      candidates.add(entry);
    }
    return json;
  }

  /**
   * Returns the library in {@code directory}; the caller closes it.
   *
   * @param parent the one it was made for
   * @throws IOException if a file is missing or malformed
   */
  public static BlockLibrary read(Path directory, HeterogeneousModel parent) throws IOException {
    JsonNode json = JSON.readTree(directory.resolve(MANIFEST).toFile());
    ImmutableList.Builder<LayerRanking> rankings = ImmutableList.builder();
    json.path("layers").forEach(layer -> rankings.add(ranking(layer)));
    ImmutableSet.Builder<Candidate> candidates = ImmutableSet.builder();
    Map<Candidate, NamedTensors> trained = new LinkedHashMap<>();
    try {
      for (JsonNode entry : json.path("candidates")) {
        Candidate candidate = CandidateJson.candidate(entry);
        candidates.add(candidate);
        if (entry.has("file")) {
          Path file = directory.resolve(candidate.id() + ".safetensors");
          trained.put(candidate, weights(file, candidate, parent));
        }
      }
      return new BlockLibrary(
          parent,
          rankings.build(),
          InitSettings.KvHeadStart.valueOf(json.path("kvHeadStart").asText()),
          candidates.build(),
          trained);
    } finally {
      trained.values().forEach(NamedTensors::close);
    }
  }

  private static LayerRanking ranking(JsonNode layer) {
    ImmutableMap.Builder<Integer, Integer> origins = ImmutableMap.builder();
    layer
        .path("originOfMultiLayer")
        .properties()
        .forEach(entry -> origins.put(Integer.valueOf(entry.getKey()), entry.getValue().asInt()));
    return new LayerRanking(
        indices(layer.path("channelsByImportance")),
        indices(layer.path("kvHeadsByImportance")),
        origins.buildOrThrow());
  }

  private static ImmutableIntArray indices(JsonNode array) {
    ImmutableIntArray.Builder indices = ImmutableIntArray.builder(Math.max(1, array.size()));
    array.forEach(index -> indices.add(index.asInt()));
    return indices.build();
  }

  /**
   * A GPU's memory need not hold all candidates: they stay in their files, mapped where the type is
   * the parent's, and come to the GPU when they are asked for.
   */
  private static Tensor held(Tensor stored, HeterogeneousModel parent) {
    Tensor ofType = Tensors.cast(stored, parent.dtype());
    return parent.device().equals(Device.CPU) ? ofType.clone() : ofType;
  }

  private static NamedTensors weights(Path path, Candidate candidate, HeterogeneousModel parent)
      throws IOException {
    ImmutableMap<String, ImmutableList<Long>> shapes =
        candidate.tensorShapes(parent.spec().width());
    try (NativeScope scope = NativeScope.open();
        SafetensorsFile file = SafetensorsFile.open(path)) {
      ImmutableMap.Builder<String, Tensor> tensors = ImmutableMap.builder();
      for (Map.Entry<String, ImmutableList<Long>> entry : shapes.entrySet()) {
        String name = entry.getKey();
        if (!file.names().contains(name) || !file.shape(name).equals(entry.getValue())) {
          throw new CheckpointFormatException(
              path + ", tensor " + name + ": must be there with shape " + entry.getValue());
        }
        tensors.put(name, held(file.tensor(name), parent));
      }
      return NamedTensors.of(tensors.buildOrThrow());
    }
  }
}
