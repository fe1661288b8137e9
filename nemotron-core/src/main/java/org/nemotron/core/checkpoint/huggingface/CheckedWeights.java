package org.nemotron.core.checkpoint.huggingface;

import static com.google.common.base.Verify.verifyNotNull;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Sets;
import java.io.IOException;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.checkpoint.file.StoredWeights;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;
import org.nemotron.core.inference.KvScales;
import org.nemotron.core.parallel.IndexRange;
import org.nemotron.core.parallel.TensorSlice;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.NativeScope;

/**
 * The weights of a checkpoint, seen as the tensors of the model that its config.json describes:
 * checked to be there, with the model's shapes, and cut to what the model uses.
 */
public final class CheckedWeights {
  private static final Pattern LAYER = Pattern.compile("model\\.layers\\.([0-9]+)\\..*");
  private static final String EMBEDDING = "model.embed_tokens.weight";
  private static final String HEAD = "lm_head.weight";
  private static final String BIAS = "self_attn.o_proj.bias";
  private static final String ROTARY_BUFFER = "rotary_emb.inv_freq";
  private static final String OTHER_MODELS =
      "\nMaybe the checkpoint and its config.json belong to different models.";

  private final StoredWeights files;
  private final ModelConfig config;
  private final ImmutableMap<String, ImmutableList<Long>> shapes;
  private final Set<Held> paddingChecked = new HashSet<>();

  public CheckedWeights(StoredWeights files, ModelConfig config) {
    this.files = files;
    this.config = config;
    this.shapes = config.spec().tensorShapes();
  }

  /** What was asked for of a tensor. */
  private record Held(String name, TensorSlice slice) {}

  /** Returns the shapes of the model's tensors by name. */
  public ImmutableMap<String, ImmutableList<Long>> shapes() {
    return shapes;
  }

  /** Returns the scales of a layer's KV cache; 1 where the checkpoint says nothing. */
  public KvScales kvScales(int layer) throws IOException {
    return files.kvScales(layer);
  }

  /** Checks that exactly the model's tensors are there, with its shapes and of a real type. */
  public void check() throws IOException {
    check(IndexRange.all(config.spec().vocabularySize()));
  }

  /**
   * Checks what {@link #check()} does.
   *
   * @param vocabulary the rows of embedding and head that are looked at, where both are there but
   *     must be the same
   */
  public void check(IndexRange vocabulary) throws IOException {
    checkNames();
    for (Map.Entry<String, ImmutableList<Long>> expected : storedShapes().entrySet()) {
      checkShape(expected.getKey(), expected.getValue());
      if (!shapes.containsKey(expected.getKey())) {
        checkZero(expected.getKey());
      }
    }
    checkHead(TensorSlice.rows(vocabulary));
  }

  /** Refuses a head of its own where config.json says that the embedding is the head. */
  private void checkHead(TensorSlice rows) throws IOException {
    if (!config.spec().tiedEmbeddings() || !files.names().contains(HEAD)) {
      return;
    }
    try (NativeScope scope = NativeScope.open()) {
      if (!files.shape(HEAD).equals(files.shape(EMBEDDING)) || differ(rows)) {
        throw wrong(
            HEAD,
            "differs from "
                + EMBEDDING
                + ", but tie_word_embeddings is true in config.json.\n"
                + "Maybe the head was trained on its own: then set tie_word_embeddings to false.");
      }
    }
  }

  private boolean differ(TensorSlice rows) throws IOException {
    Tensor embedding = files.slice(EMBEDDING, rows);
    return !files.slice(HEAD, rows).to(embedding.dtype()).equal(embedding);
  }

  /** Returns one of the model's tensors: a view over the file, owned by the current scope. */
  public Tensor tensor(String name) throws IOException {
    return slice(name, TensorSlice.whole(verifyNotNull(shapes.get(name), name)));
  }

  /**
   * Returns a slice of one of the model's tensors: a view over the file, owned by the current
   * scope. What the file has behind the model's tensor is read with the last slice.
   */
  public Tensor slice(String name, TensorSlice slice) throws IOException {
    ImmutableList<Long> shape = verifyNotNull(shapes.get(name), name);
    int dimension = slice.dimension();
    boolean last = slice.range().end() == shape.get(dimension);
    long end = last ? files.shape(name).get(dimension) : slice.range().end();
    TensorSlice stored = new TensorSlice(dimension, new IndexRange(slice.range().begin(), end));
    return trimmed(new Held(name, slice), files.slice(name, stored), shape);
  }

  private ImmutableMap<String, ImmutableList<Long>> storedShapes() {
    return config.storedSpec().tensorShapes();
  }

  private void checkNames() throws CheckpointFormatException {
    Set<String> missing = Sets.difference(storedShapes().keySet(), files.names());
    if (!missing.isEmpty()) {
      String first = missing.iterator().next();
      throw wrong(first, "is missing" + further(missing) + files.absence(first) + remedy(missing));
    }
    Set<String> extra =
        Sets.filter(
            Sets.difference(files.names(), storedShapes().keySet()), name -> !harmless(name));
    if (!extra.isEmpty()) {
      throw wrong(
          extra.iterator().next(),
          "has no place in the model of config.json" + further(extra) + remedyForExtra(extra));
    }
  }

  private String remedy(Set<String> missing) {
    Optional<String> prefix = TensorNames.furtherPrefix(files.names());
    if (prefix.isPresent()) {
      return "\nMaybe the model was saved within another: take the prefix "
          + prefix.get()
          + " off the names of its tensors.";
    }
    return missing.equals(ImmutableSet.of(HEAD))
        ? "\nMaybe its head is the embedding: then set tie_word_embeddings to true in config.json."
        : OTHER_MODELS;
  }

  private String remedyForExtra(Set<String> extra) {
    return config.family().looksAtBias() && extra.stream().anyMatch(name -> name.endsWith(BIAS))
        ? "\nMaybe its projections have biases: then set attention_bias to true in config.json."
        : OTHER_MODELS;
  }

  private static String further(Set<String> names) {
    return names.size() == 1 ? "" : " (and " + (names.size() - 1) + " more)";
  }

  /** Returns whether old writers add this tensor to what the model needs. */
  private boolean harmless(String name) {
    return name.endsWith(ROTARY_BUFFER) || (name.equals(HEAD) && config.spec().tiedEmbeddings());
  }

  private void checkShape(String name, ImmutableList<Long> expected)
      throws CheckpointFormatException {
    if (!files.shape(name).equals(expected)) {
      throw new CheckpointFormatException(
          where(name)
              + ": shape "
              + files.shape(name)
              + " must be "
              + expected
              + " (from config.json)."
              + remedyForShape(name, expected));
    }
    if (files.dtype(name) == DType.FLOAT8_E4M3) {
      throw wrong(
          name,
          "is float8_e4m3fn, but config.json has no quantization_config that says how it is scaled");
    }
    if (!files.dtype(name).isFloatingPoint()) {
      throw wrong(name, "has dtype " + files.dtype(name).configName() + ", not a real one");
    }
  }

  /** A vocabulary of another size is most often one that was resized after its config.json. */
  private String remedyForShape(String name, ImmutableList<Long> expected) {
    ImmutableList<Long> shape = files.shape(name);
    boolean otherRows =
        (name.equals(EMBEDDING) || name.equals(HEAD))
            && shape.size() == 2
            && shape.get(1).equals(expected.get(1));
    return otherRows
        ? "\nMaybe the vocabulary was resized: then set vocab_size to " + shape.get(0) + "."
        : OTHER_MODELS;
  }

  private void checkZero(String name) throws IOException {
    try (NativeScope scope = NativeScope.open()) {
      if (files.tensor(name).count_nonzero().item_long() != 0) {
        throw wrong(name, "must be zero: config.json says that the model does not have it");
      }
    }
  }

  /** Returns the part of {@code stored} that the model uses; the rest must be zero. */
  private Tensor trimmed(Held held, Tensor stored, ImmutableList<Long> whole)
      throws CheckpointFormatException {
    Tensor used = stored;
    ImmutableList<Long> shape = held.slice().shape(whole);
    for (int dimension = 0; dimension < shape.size(); dimension++) {
      long size = shape.get(dimension);
      long padding = used.size(dimension) - size;
      if (padding > 0) {
        if (!paddingChecked.contains(held)
            && used.narrow(dimension, size, padding).count_nonzero().item_long() != 0) {
          throw wrong(
              held.name(),
              "must be zero from index "
                  + whole.get(dimension)
                  + " of dimension "
                  + dimension
                  + ": config.json gives an intermediate_size of "
                  + whole.get(dimension)
                  + " there");
        }
        used = used.narrow(dimension, 0, size);
      }
    }
    boolean unused = paddingChecked.add(held);
    return used;
  }

  public CheckpointFormatException wrong(String name, String what) {
    return new CheckpointFormatException(where(name) + " " + what);
  }

  private String where(String name) {
    Matcher layer = LAYER.matcher(name);
    return files.where()
        + ": "
        + (layer.matches() ? "layer " + layer.group(1) + ", " : "")
        + "tensor "
        + name;
  }
}
