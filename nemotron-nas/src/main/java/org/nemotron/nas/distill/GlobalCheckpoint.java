package org.nemotron.nas.distill;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.checkpoint.safetensors.SafetensorsFile;
import org.nemotron.core.checkpoint.safetensors.SafetensorsWriter;
import org.nemotron.core.io.AtomicFiles;
import org.nemotron.core.io.SealedJson;
import org.nemotron.core.provenance.FileDigests;
import org.nemotron.core.provenance.Fingerprint;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;

/**
 * The saved state of a global distillation, from which a killed one continues: current and best
 * tensors, the optimizer's moments, the curves. Replaced as a whole at each save; a state that has
 * changed on disk is not used.
 */
public final class GlobalCheckpoint {
  /** Keeps nothing. */
  public static final GlobalCheckpoint NONE =
      new GlobalCheckpoint(Optional.empty(), "", message -> {});

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  static final String STATE = "state.json";
  static final String CURRENT = "current.safetensors";
  static final String BEST = "best.safetensors";
  static final String OPTIMIZER = "optimizer.pt";

  private final Optional<Path> directory;
  private final String fingerprint;
  private final Consumer<String> messages;

  private GlobalCheckpoint(
      Optional<Path> directory, String fingerprint, Consumer<String> messages) {
    this.directory = directory;
    this.fingerprint = fingerprint;
    this.messages = messages;
  }

  /**
   * Keeps the state in {@code directory}.
   *
   * @param fingerprint of all that the training depends on: a state with another one is not used
   * @param messages receives the reason when a stored state is not used
   */
  public static GlobalCheckpoint in(
      Path directory, Fingerprint fingerprint, Consumer<String> messages) {
    return new GlobalCheckpoint(Optional.of(directory), fingerprint.hex(), messages);
  }

  private void save(GlobalProgress state, Optimizer optimizer) throws IOException {
    if (directory.isPresent()) {
      AtomicFiles.writeDirectory(
          directory.orElseThrow(), target -> write(target, state, optimizer));
    }
  }

  private void write(Path target, GlobalProgress state, Optimizer optimizer) throws IOException {
    new SafetensorsWriter().addAll(state.current().asMap()).write(target.resolve(CURRENT));
    if (!state.bestIsCurrent()) { // else the state would be larger by a child
      new SafetensorsWriter().addAll(state.best().asMap()).write(target.resolve(BEST));
    }
    optimizer.save(target.resolve(OPTIMIZER));
    ObjectNode json = NODES.objectNode();
    json.put("fingerprint", fingerprint);
    json.set("files", FileDigests.of(target, files(target)).toJson());
    ProgressJson.put(state, json);
    SealedJson.write(target.resolve(STATE), json);
  }

  private static ImmutableList<Path> files(Path directory) {
    return Stream.of(CURRENT, BEST, OPTIMIZER)
        .map(directory::resolve)
        .filter(Files::exists)
        .collect(ImmutableList.toImmutableList());
  }

  private void restore(GlobalProgress state, Optimizer optimizer) throws IOException {
    if (directory.isEmpty() || !Files.exists(directory.get())) {
      return;
    }
    Path saved = directory.get();
    Optional<ObjectNode> json = state(saved);
    if (json.isEmpty()) {
      return;
    }
    try (NamedTensors current = read(saved.resolve(CURRENT));
        NamedTensors best = read(saved.resolve(bestOf(json.get())))) {
      optimizer.load(saved.resolve(OPTIMIZER));
      state.restore(
          current, best, ProgressJson.losses(json.get()), ProgressJson.evaluations(json.get()));
    }
  }

  /** Returns the file with the best tensors: that of the current ones where these are the best. */
  private static String bestOf(ObjectNode json) {
    return bestOf(FileDigests.fromJson(json.path("files")));
  }

  /** Returns the same of a state whose files these are. */
  static String bestOf(FileDigests files) {
    return files.byName().containsKey(BEST) ? BEST : CURRENT;
  }

  /** Returns the saved state if all of it fits; otherwise sends the reason to the messages. */
  private Optional<ObjectNode> state(Path saved) throws IOException {
    Optional<ObjectNode> json = fitting();
    if (json.isEmpty()) {
      return json;
    }
    Optional<String> misfit = FileDigests.fromJson(json.get().path("files")).misfit(saved);
    return misfit.isPresent() ? unused(misfit.get()) : json;
  }

  /** Returns where the state is kept, if it is. */
  Optional<Path> directory() {
    return directory;
  }

  /** Returns the hash of all that the training depends on. */
  String fingerprint() {
    return fingerprint;
  }

  /** Returns whether several ranks have saved a state that may fit. */
  boolean isSharded() throws IOException {
    return directory.isPresent()
        && Files.exists(directory.get().resolve(STATE))
        && SealedJson.read(directory.get().resolve(STATE))
            .map(json -> json.has(ShardedCheckpoint.SLICES))
            .orElse(false);
  }

  /**
   * Returns the JSON of the saved state if it is whole and of this training; otherwise sends the
   * reason to the messages. What the files beside it hold is not looked at.
   */
  Optional<ObjectNode> fitting() throws IOException {
    if (directory.isEmpty() || !Files.exists(directory.get())) {
      return Optional.empty();
    }
    Path file = directory.get().resolve(STATE);
    if (!Files.exists(file)) {
      return unused(file + " is missing");
    }
    Optional<ObjectNode> json = SealedJson.read(file);
    if (json.isEmpty()) {
      return unused(file + " is damaged");
    }
    if (!json.get().path("fingerprint").asText().equals(fingerprint)) {
      return unused(directory.get() + " belongs to other settings or inputs");
    }
    return json;
  }

  /** Sends to the messages why the saved state is not used, and returns nothing. */
  Optional<ObjectNode> unused(String why) {
    messages.accept("the saved state of the distillation is not used: " + why);
    return Optional.empty();
  }

  /** Returns this as the place of a child that one process trains. */
  SavedState of(Optimizer optimizer) {
    return new SavedState() {
      @Override
      public void save(GlobalProgress progress) throws IOException {
        GlobalCheckpoint.this.save(progress, optimizer);
      }

      @Override
      public void restore(GlobalProgress progress) throws IOException {
        GlobalCheckpoint.this.restore(progress, optimizer);
      }
    };
  }

  private static NamedTensors read(Path path) throws IOException {
    try (NativeScope scope = NativeScope.open();
        SafetensorsFile file = SafetensorsFile.open(path)) {
      ImmutableMap.Builder<String, Tensor> tensors = ImmutableMap.builder();
      for (String name : file.names()) {
        tensors.put(name, file.tensor(name).clone());
      }
      return NamedTensors.of(tensors.buildOrThrow());
    }
  }
}
