package org.nemotron.nas.distill;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.checkpoint.safetensors.SafetensorsWriter;
import org.nemotron.core.distributed.Communicator;
import org.nemotron.core.io.AtomicFiles;
import org.nemotron.core.io.SealedJson;
import org.nemotron.core.provenance.FileDigests;
import org.nemotron.core.provenance.Fingerprint;
import org.nemotron.nas.shard.FlatShards;

/**
 * The saved state of a global distillation by several ranks: each writes a slice, a safetensors
 * file with its pieces of weights, best weights and moments. {@code state.json}, written last by
 * rank 0, names the slices with their digests and the elements that each has of every tensor, so
 * that any number of ranks can go on; so they can from what a single process has saved.
 *
 * <p>A new state lies beside the former one until {@code state.json} names it.
 */
final class ShardedCheckpoint implements SavedState {
  /** The key of the slices, which a state that one process saved has not. */
  static final String SLICES = "slices";

  /** Kinds of state beside the optimizer's. */
  static final String CURRENT = "current";

  static final String BEST = "best";

  private static final JsonMapper JSON = new JsonMapper();

  private final GlobalCheckpoint place;
  private final ShardedChild child;
  private final Communicator ranks;

  ShardedCheckpoint(GlobalCheckpoint place, ShardedChild child) {
    this.place = place;
    this.child = child;
    this.ranks = child.ranks();
  }

  @Override
  public void save(GlobalProgress progress) throws IOException {
    if (place.directory().isEmpty()) {
      return;
    }
    Path directory = place.directory().get();
    String step =
        ranks.shared(
            "where the state is saved", ranks.rank() == 0 ? free(directory, progress) : "");
    String file = step + "/rank-" + ranks.rank() + ".safetensors";
    Path slice = directory.resolve(file);
    SafetensorsWriter writer = new SafetensorsWriter();
    forEachTensor(
        progress, (name, kind, tensor, cut) -> writer.add(StateSlice.key(kind, name), tensor));
    writer.write(slice);
    String own = entry(file, Fingerprint.ofFile(slice)).toString();
    ImmutableList<String> all = ranks.gathered("the slices of the state", own);
    if (ranks.rank() == 0) {
      ObjectNode json = JSON.createObjectNode();
      json.put("fingerprint", place.fingerprint());
      ArrayNode slices = json.putArray(SLICES);
      for (String entry : all) {
        slices.add(JSON.readTree(entry));
      }
      ProgressJson.put(progress, json);
      SealedJson.write(directory.resolve(GlobalCheckpoint.STATE), json);
      deleteOthers(directory, step);
    }
    ranks.barrier("the state, saved");
  }

  /** Returns a name that is not taken: the state saved before stays until the new one is whole. */
  private static String free(Path directory, GlobalProgress progress) {
    String name = "step-" + progress.step();
    int more = 1;
    String free = name;
    while (Files.exists(directory.resolve(free))) {
      more++;
      free = name + "-" + more;
    }
    return free;
  }

  private static void deleteOthers(Path directory, String step) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
      for (Path file : files) {
        String name = file.getFileName().toString();
        if (!name.equals(step) && !name.equals(GlobalCheckpoint.STATE)) {
          AtomicFiles.deleteTree(file);
        }
      }
    }
  }

  private ObjectNode entry(String file, Fingerprint digest) {
    ObjectNode entry = JSON.createObjectNode().put("file", file).put("digest", digest.hex());
    ObjectNode pieces = entry.putObject("pieces");
    ownPieces().forEach((name, piece) -> pieces.putArray(name).add(piece.begin()).add(piece.end()));
    return entry;
  }

  private ImmutableMap<String, FlatShards.Piece> ownPieces() {
    return child.model().pieces(ranks.rank());
  }

  /** Uses one tensor of the state. */
  private interface Use {
    void with(String name, String kind, Tensor tensor, StateSlices.Cut cut) throws IOException;
  }

  /** Goes through all that a slice holds. */
  private void forEachTensor(GlobalProgress progress, Use use) throws IOException {
    OptimizerTensors optimizer = child.optimizer().tensors();
    each(ImmutableMap.of(CURRENT, progress.current().asMap()), StateSlices.Cut.ELEMENTS, use);
    each(ImmutableMap.of(BEST, progress.best().asMap()), StateSlices.Cut.ELEMENTS, use);
    each(optimizer.byElement(), StateSlices.Cut.ELEMENTS, use);
    each(optimizer.byBlock(), StateSlices.Cut.BLOCKS, use);
    each(optimizer.byTensor(), StateSlices.Cut.WHOLE, use);
    for (Map.Entry<String, Tensor> entry : optimizer.common().entrySet()) {
      use.with("", entry.getKey(), entry.getValue(), StateSlices.Cut.COMMON);
    }
  }

  private static void each(
      ImmutableMap<String, ImmutableMap<String, Tensor>> kinds, StateSlices.Cut cut, Use use)
      throws IOException {
    for (Map.Entry<String, ImmutableMap<String, Tensor>> kind : kinds.entrySet()) {
      for (Map.Entry<String, Tensor> tensor : kind.getValue().entrySet()) {
        use.with(tensor.getKey(), kind.getKey(), tensor.getValue(), cut);
      }
    }
  }

  /** Rank 0 decides for all whether there is a state, and all whether their slices are whole. */
  @Override
  public void restore(GlobalProgress progress) throws IOException {
    if (place.directory().isEmpty()) {
      return;
    }
    Optional<ObjectNode> found = ranks.rank() == 0 ? place.fitting() : Optional.empty();
    String text = ranks.shared("the saved state", found.map(ObjectNode::toString).orElse(""));
    if (text.isEmpty()) {
      return;
    }
    JsonNode json = parsed(text);
    try (StateSlices slices = new StateSlices(slices(place.directory().get(), json), ownPieces())) {
      Optional<String> fault = slices.fault();
      for (String ofRank : ranks.gathered("the slices of the state", fault.orElse(""))) {
        if (!ofRank.isEmpty()) {
          Optional<ObjectNode> unused = ranks.rank() == 0 ? place.unused(ofRank) : Optional.empty();
          return;
        }
      }
      forEachTensor(progress, (name, kind, tensor, cut) -> slices.copy(name, kind, cut, tensor));
    }
    progress.restore(ProgressJson.losses(json), ProgressJson.evaluations(json));
  }

  private ImmutableList<StateSlice> slices(Path directory, JsonNode json) {
    if (!json.has(SLICES)) {
      return ImmutableList.of(
          new WholeState(
              directory,
              FileDigests.fromJson(json.path("files")),
              child.model().spec().tensorShapes()));
    }
    ImmutableList.Builder<StateSlice> slices = ImmutableList.builder();
    json.path(SLICES).forEach(entry -> slices.add(StateSlice.ofRank(directory, entry)));
    return slices.build();
  }

  private static JsonNode parsed(String text) throws JsonProcessingException {
    return JSON.readTree(text);
  }
}
