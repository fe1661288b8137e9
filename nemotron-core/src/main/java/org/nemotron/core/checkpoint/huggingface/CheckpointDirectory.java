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
  private final ImmutableMap<String, SafetensorsFile> fileOfTensor;

  private CheckpointDirectory(
      Path path,
      ImmutableList<SafetensorsFile> files,
      ImmutableMap<String, SafetensorsFile> fileOfTensor) {
    this.path = path;
    this.files = files;
    this.fileOfTensor = fileOfTensor;
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
          directory, ImmutableList.of(file), fileOfTensor.buildOrThrow());
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

  private static void checkIsCheckpoint(Path directory) throws CheckpointFormatException {
    if (!Files.isDirectory(directory)) {
      throw new CheckpointFormatException(
          directory + " is missing or not a directory; it must be a Hugging Face model directory");
    }
    if (!Files.exists(directory.resolve(CONFIG))) {
      throw new CheckpointFormatException(
          directory + " has no config.json; it must be a Hugging Face model directory");
    }
    if (Files.exists(directory.resolve(WEIGHTS)) || Files.exists(directory.resolve(INDEX))) {
      return;
    }
    boolean pickled =
        Files.exists(directory.resolve("pytorch_model.bin"))
            || Files.exists(directory.resolve("pytorch_model.bin.index.json"));
    throw new CheckpointFormatException(
        directory
            + (pickled
                ? " holds its weights as pytorch_model.bin, which this library does not read.\n"
                    + "Maybe load it in transformers and call save_pretrained: it writes"
                    + " model.safetensors."
                : " has neither model.safetensors nor model.safetensors.index.json.\n"
                    + "Maybe the download was interrupted."));
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

  private static CheckpointDirectory openShards(
      Path directory, ImmutableMap<String, String> fileNames) throws IOException {
    Map<String, SafetensorsFile> opened = new LinkedHashMap<>();
    try {
      ImmutableMap.Builder<String, SafetensorsFile> fileOfTensor = ImmutableMap.builder();
      for (Map.Entry<String, String> entry : fileNames.entrySet()) {
        SafetensorsFile file = opened.get(entry.getValue());
        if (file == null) {
          checkShard(directory, entry.getValue());
          file = SafetensorsFile.open(directory.resolve(entry.getValue()));
          opened.put(entry.getValue(), file);
        }
        checkHolds(file, entry.getKey());
        fileOfTensor.put(entry.getKey(), file);
      }
      return new CheckpointDirectory(
          directory, ImmutableList.copyOf(opened.values()), fileOfTensor.buildOrThrow());
    } catch (IOException e) {
      closeAll(opened.values());
      throw e;
    }
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

  private static void checkHolds(SafetensorsFile file, String tensor)
      throws CheckpointFormatException {
    if (!file.names().contains(tensor)) {
      throw new CheckpointFormatException(
          file.path() + ": tensor " + tensor + " is missing, but " + INDEX + " places it there");
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

  /** Returns the names of all tensors. */
  @Override
  public ImmutableSet<String> names() {
    return fileOfTensor.keySet();
  }

  /**
   * Returns the shape of the tensor called {@code name}.
   *
   * @throws IllegalArgumentException if there is none
   */
  @Override
  public ImmutableList<Long> shape(String name) {
    return file(name).shape(name);
  }

  /**
   * Returns the element type of the tensor called {@code name}.
   *
   * @throws IllegalArgumentException if there is none
   * @throws CheckpointFormatException if it is of a type that this library does not compute with
   */
  @Override
  public DType dtype(String name) throws CheckpointFormatException {
    return file(name).dtype(name);
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
    return file(name).tensor(name);
  }

  private SafetensorsFile file(String name) {
    SafetensorsFile file = fileOfTensor.get(name);
    checkArgument(file != null, "%s has no tensor called %s", path, name);
    return file;
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
