package org.nemotron.core.checkpoint.huggingface;

import static com.google.common.base.Preconditions.checkArgument;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.io.Closer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.checkpoint.file.JsonFile;
import org.nemotron.core.checkpoint.file.StoredWeights;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;
import org.nemotron.core.checkpoint.safetensors.SafetensorsFile;
import org.nemotron.core.provenance.Fingerprint;
import org.nemotron.core.tensor.DType;

/**
 * The weights of a Hugging Face directory, open for reading: one {@code model.safetensors}, or
 * several files that {@code model.safetensors.index.json} lists.
 *
 * <p>Views over the weights are valid while this object is open; see {@link SafetensorsFile}.
 * Names, shapes and types stay after it closed. Any thread may close it; closing twice is harmless.
 */
public final class CheckpointDirectory implements StoredWeights, AutoCloseable {
  public static final String CONFIG = "config.json";
  public static final String WEIGHTS = "model.safetensors";
  public static final String INDEX = "model.safetensors.index.json";

  private final Path path;
  private final ImmutableList<SafetensorsFile> files;
  private final ImmutableMap<String, Place> places;

  /** The file that the index names for each tensor that is not in it. */
  private final ImmutableMap<String, Path> absent;

  private CheckpointDirectory(
      Path path,
      ImmutableList<SafetensorsFile> files,
      ImmutableMap<String, SafetensorsFile> fileOfTensor,
      ImmutableMap<String, Path> absent) {
    this.path = path;
    this.files = files;
    this.places = places(fileOfTensor);
    this.absent = absent;
  }

  /** Where a tensor lies, and what it is called there. */
  private record Place(SafetensorsFile file, String name) {}

  /** Returns the place of each tensor by its name in a model with a head. */
  private static ImmutableMap<String, Place> places(
      ImmutableMap<String, SafetensorsFile> fileOfTensor) {
    boolean headless = TensorNames.areHeadless(fileOfTensor.keySet());
    ImmutableMap.Builder<String, Place> places = ImmutableMap.builder();
    fileOfTensor.forEach(
        (name, file) ->
            places.put(headless ? TensorNames.headed(name) : name, new Place(file, name)));
    return places.buildOrThrow();
  }

  /**
   * Opens the weights in {@code directory}.
   *
   * @throws CheckpointFormatException if there are none, or they are damaged
   */
  public static CheckpointDirectory open(Path directory) throws IOException {
    checkIsCheckpoint(directory);
    if (Files.exists(directory.resolve(WEIGHTS))) {
      SafetensorsFile file = SafetensorsFile.open(directory.resolve(WEIGHTS));
      ImmutableMap.Builder<String, SafetensorsFile> fileOfTensor = ImmutableMap.builder();
      file.names().forEach(name -> fileOfTensor.put(name, file));
      return new CheckpointDirectory(
          directory, ImmutableList.of(file), fileOfTensor.buildOrThrow(), ImmutableMap.of());
    }
    return openShards(directory, readIndex(directory));
  }

  /**
   * Returns a fingerprint of everything that makes the model what it is: its config.json and its
   * weight files.
   *
   * @throws CheckpointFormatException if there are none
   */
  public static Fingerprint fingerprint(Path directory) throws IOException {
    checkIsCheckpoint(directory);
    Fingerprint.Builder fingerprint = Fingerprint.builder();
    fingerprint.putFile(CONFIG, directory.resolve(CONFIG));
    if (Files.exists(directory.resolve(WEIGHTS))) {
      return fingerprint.putFile(WEIGHTS, directory.resolve(WEIGHTS)).build();
    }
    fingerprint.putFile(INDEX, directory.resolve(INDEX));
    for (String file : ImmutableSet.copyOf(readIndex(directory).values())) {
      checkShard(directory, file);
      fingerprint.putFile(file, directory.resolve(file));
    }
    return fingerprint.build();
  }

  private static void checkIsCheckpoint(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      throw new CheckpointFormatException(
          directory + " is missing or not a directory; it must be a Hugging Face model directory");
    }
    if (!Files.exists(directory.resolve(CONFIG))) {
      throw new CheckpointFormatException(
          directory
              + " has no config.json; it must be a Hugging Face model directory"
              + OtherFormats.remedyWithoutConfig(directory));
    }
    if (!Files.exists(directory.resolve(WEIGHTS)) && !Files.exists(directory.resolve(INDEX))) {
      throw new CheckpointFormatException(directory + OtherFormats.insteadOfWeights(directory));
    }
  }

  /** Returns the file name of each tensor, as the index has them. */
  private static ImmutableMap<String, String> readIndex(Path directory) throws IOException {
    JsonFile index = JsonFile.read(directory.resolve(INDEX)).object("weight_map");
    ImmutableMap.Builder<String, String> fileNames = ImmutableMap.builder();
    for (Map.Entry<String, JsonNode> entry : index.node().properties()) {
      String fileName = index.text(entry.getKey(), "");
      checkStaysInside(index, fileName);
      fileNames.put(entry.getKey(), fileName);
    }
    return fileNames.buildOrThrow();
  }

  private static void checkStaysInside(JsonFile index, String fileName)
      throws CheckpointFormatException {
    if (!isNameOfAFile(fileName)) {
      throw new CheckpointFormatException(
          index.where()
              + ": file name ("
              + fileName
              + ") must be the name of a file in the same directory");
    }
  }

  private static boolean isNameOfAFile(String name) {
    try {
      return !name.isEmpty()
          && !name.equals(".")
          && !name.equals("..")
          && !name.contains("\\")
          && Path.of(name).equals(Path.of(name).getFileName());
    } catch (InvalidPathException e) {
      return false;
    }
  }

  /** Opens the files that an index names; what is in them counts, not what the index says. */
  private static CheckpointDirectory openShards(
      Path directory, ImmutableMap<String, String> fileNames) throws IOException {
    Map<String, SafetensorsFile> opened = new LinkedHashMap<>();
    try {
      for (String fileName : ImmutableSet.copyOf(fileNames.values())) {
        checkShard(directory, fileName);
        opened.put(fileName, SafetensorsFile.open(directory.resolve(fileName)));
      }
      ImmutableMap<String, SafetensorsFile> fileOfTensor = fileOfTensor(opened.values());
      ImmutableMap.Builder<String, Path> absent = ImmutableMap.builder();
      fileNames.forEach(
          (tensor, fileName) -> {
            if (!fileOfTensor.containsKey(tensor)) {
              absent.put(tensor, directory.resolve(fileName));
            }
          });
      return new CheckpointDirectory(
          directory, ImmutableList.copyOf(opened.values()), fileOfTensor, absent.buildOrThrow());
    } catch (IOException e) {
      closeAll(opened.values());
      throw e;
    }
  }

  private static ImmutableMap<String, SafetensorsFile> fileOfTensor(Iterable<SafetensorsFile> files)
      throws CheckpointFormatException {
    Map<String, SafetensorsFile> fileOfTensor = new LinkedHashMap<>();
    for (SafetensorsFile file : files) {
      for (String tensor : file.names()) {
        SafetensorsFile other = fileOfTensor.putIfAbsent(tensor, file);
        if (other != null) {
          throw new CheckpointFormatException(
              file.path()
                  + ": tensor "
                  + tensor
                  + " is also in "
                  + other.path()
                  + ".\nMaybe files of two checkpoints were mixed.");
        }
      }
    }
    return ImmutableMap.copyOf(fileOfTensor);
  }

  private static void checkShard(Path directory, String fileName) throws CheckpointFormatException {
    if (!Files.exists(directory.resolve(fileName))) {
      throw new CheckpointFormatException(
          directory.resolve(fileName)
              + " is missing, but "
              + INDEX
              + " names it.\nMaybe the download was interrupted.");
    }
  }

  /** Returns where the directory lies. */
  public Path path() {
    return path;
  }

  @Override
  public String where() {
    return path.toString();
  }

  /** Returns the names of all tensors; those of a model without its head as with it. */
  @Override
  public ImmutableSet<String> names() {
    return places.keySet();
  }

  @Override
  public String absence(String name) {
    Path file = absent.get(name);
    return file == null ? "" : ", but " + INDEX + " places it in " + file.getFileName();
  }

  /**
   * Returns the shape of the tensor called {@code name}.
   *
   * @throws IllegalArgumentException if there is none
   */
  @Override
  public ImmutableList<Long> shape(String name) {
    Place place = place(name);
    return place.file().shape(place.name());
  }

  /**
   * Returns the element type of the tensor called {@code name}.
   *
   * @throws IllegalArgumentException if there is none
   * @throws CheckpointFormatException if it is of a type that this library does not compute with
   */
  @Override
  public DType dtype(String name) throws CheckpointFormatException {
    Place place = place(name);
    return place.file().dtype(place.name());
  }

  /**
   * Returns the tensor called {@code name}: a view, owned by the current scope, that is valid while
   * this object is open and must not be written to.
   *
   * @throws IllegalArgumentException if there is none
   * @throws IllegalStateException if this object is closed
   */
  @Override
  public Tensor tensor(String name) throws IOException {
    Place place = place(name);
    return place.file().tensor(place.name());
  }

  private Place place(String name) {
    Place place = places.get(name);
    checkArgument(place != null, "%s has no tensor called %s", path, name);
    return place;
  }

  /** Closes the files; views over them must no longer be used. */
  @Override
  public void close() throws IOException {
    closeAll(files);
  }

  private static void closeAll(Iterable<SafetensorsFile> files) throws IOException {
    try (Closer closer = Closer.create()) {
      for (SafetensorsFile file : files) {
        SafetensorsFile unused = closer.register(file);
      }
    }
  }
}
