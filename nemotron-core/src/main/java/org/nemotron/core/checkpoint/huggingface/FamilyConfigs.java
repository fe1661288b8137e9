package org.nemotron.core.checkpoint.huggingface;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.util.Collections;
import java.util.OptionalInt;
import org.nemotron.core.checkpoint.file.JsonFile;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.SpecialTokens;

/**
 * What the config.json of all families has in common: the keys outside the layers, and layers that
 * are alike.
 */
public final class FamilyConfigs {
  /** The key of DeciLM-7B, older than {@link BlockConfigs}. */
  static final String KV_HEADS_PER_LAYER = "num_key_value_heads_per_layer";

  private static final double DEFAULT_EPS = 1e-6;
  private static final String LAYERS = "num_hidden_layers";

  /** Far beyond any model: what a damaged file says must not fill the memory. */
  private static final int MAX_LAYERS = 10_000;

  private static final String HEAD_DIM = "head_dim";
  private static final String MAX_POSITIONS = "max_position_embeddings";

  private static final ImmutableSet<String> NEVER_NULL =
      ImmutableSet.of(
          MAX_POSITIONS,
          "tie_word_embeddings",
          "rms_norm_eps",
          "rope_theta",
          GateActivations.KEY,
          AttentionWindows.FIRST_LAYER);

  private static final String QUERY_HEADS = "num_attention_heads";
  private static final String KV_HEADS = "num_key_value_heads";

  private final JsonFile file;
  private final ModelFamily family;

  FamilyConfigs(JsonFile file, ModelFamily family) {
    this.file = file;
    this.family = family;
  }

  JsonFile file() {
    return file;
  }

  /** Returns the model: all of its layers alike. */
  ModelSpec uniform() throws CheckpointFormatException {
    BlockSpec block = new BlockSpec(attention(kvHeads()), new FfnSpec.Gated(channels()));
    return withBlocks(Collections.nCopies(layers(), block));
  }

  private int layers() throws CheckpointFormatException {
    int layers = file.count(LAYERS);
    if (layers > MAX_LAYERS) {
      throw file.wrong(LAYERS, file.node().path(LAYERS), "at most " + MAX_LAYERS);
    }
    return layers;
  }

  /** Returns the model of the first DeciLM: layers alike but for their key/value heads. */
  ModelSpec differingInKvHeads() throws CheckpointFormatException {
    ImmutableList<Integer> kvHeads = file.counts(KV_HEADS_PER_LAYER);
    if (kvHeads.size() != file.count(LAYERS)) {
      throw file.wrong(
          KV_HEADS_PER_LAYER,
          file.node().path(KV_HEADS_PER_LAYER),
          "a list with one entry per layer (" + file.count(LAYERS) + ")");
    }
    ImmutableList.Builder<BlockSpec> blocks = ImmutableList.builder();
    for (int heads : kvHeads) {
      blocks.add(new BlockSpec(attention(heads), new FfnSpec.Gated(channels())));
    }
    return withBlocks(blocks.build());
  }

  /** Returns how many key/value heads a layer has unless it says otherwise. */
  int kvHeads() throws CheckpointFormatException {
    int queryHeads = file.count(QUERY_HEADS);
    OptionalInt missing =
        file.names(KV_HEADS) ? OptionalInt.empty() : ClassDefaults.kvHeads(family);
    int kvHeads = missing.orElse(file.optionalCount(KV_HEADS).orElse(queryHeads));
    if (queryHeads % kvHeads != 0) {
      String found =
          missing.isPresent() ? ClassDefaults.taken(family, kvHeads) : " (" + kvHeads + ")";
      throw new CheckpointFormatException(
          file.where()
              + ": "
              + KV_HEADS
              + found
              + " must divide num_attention_heads ("
              + queryHeads
              + ")");
    }
    return kvHeads;
  }

  /** Returns how many channels a layer has unless it says otherwise. */
  int channels() throws CheckpointFormatException {
    return file.count("intermediate_size");
  }

  /** Returns the family's attention with this many key/value heads. */
  AttentionSpec attention(int kvHeads) throws CheckpointFormatException {
    return new AttentionSpec.GroupedQuery(
        file.count(QUERY_HEADS),
        kvHeads,
        headDim(),
        family.traits(file.flag(ModelFamily.ATTENTION_BIAS, false)));
  }

  /** Returns the model with what the file says outside its layers, and {@code blocks}. */
  ModelSpec withBlocks(Iterable<BlockSpec> blocks) throws CheckpointFormatException {
    checkSupported();
    return new ModelSpec(
        file.count("vocab_size"),
        file.count("hidden_size"),
        file.count(QUERY_HEADS),
        headDim(),
        file.number("rms_norm_eps", DEFAULT_EPS),
        RopeConfigs.parse(file, maxPositions()),
        maxPositions(),
        file.flag("tie_word_embeddings", false),
        SpecialTokenIds.read(file, family),
        ImmutableList.copyOf(blocks));
  }

  /** Returns the size of a head: named, the family's, or the hidden size divided by the heads. */
  private int headDim() throws CheckpointFormatException {
    OptionalInt named = file.optionalCount(HEAD_DIM);
    OptionalInt size = named.isPresent() ? named : ClassDefaults.headDim(family);
    if (size.isPresent()) {
      return size.getAsInt();
    }
    int width = file.count("hidden_size");
    int heads = file.count(QUERY_HEADS);
    if (width % heads != 0) {
      throw new CheckpointFormatException(
          file.where()
              + ": hidden_size ("
              + width
              + ") must be a multiple of num_attention_heads ("
              + heads
              + ") where head_dim is not given");
    }
    return width / heads;
  }

  private int maxPositions() throws CheckpointFormatException {
    return file.optionalCount(MAX_POSITIONS).orElse(ClassDefaults.maxPositions(family));
  }

  private void checkSupported() throws CheckpointFormatException {
    checkNotNull();
    if (file.flag("mlp_bias", false)) {
      throw new CheckpointFormatException(
          file.where() + ": mlp_bias (true) is not supported; it must be false");
    }
    GateActivations.check(file);
    EightBitForm.check(file);
    if (file.has("per_layer_config")) {
      throw new CheckpointFormatException(
          file.where() + ": per_layer_config is not supported; it must be null");
    }
    new AttentionWindows(file, family, layers(), maxPositions()).check();
  }

  /** Refuses null where transformers does; elsewhere null is as good as nothing. */
  private void checkNotNull() throws CheckpointFormatException {
    for (String key : NEVER_NULL) {
      if (file.names(key) && !file.has(key)) {
        throw file.wrong(key, file.node().path(key), "given, or left out");
      }
    }
    if (file.names(HEAD_DIM) && !file.has(HEAD_DIM) && ClassDefaults.headDim(family).isPresent()) {
      throw file.wrong(HEAD_DIM, file.node().path(HEAD_DIM), "given, or left out");
    }
  }

  // ---- writing

  /** Adds the keys outside the layers, in the spelling that every reader knows. */
  static void put(ObjectNode config, ModelSpec spec) {
    config.put("hidden_size", spec.width());
    config.put("num_hidden_layers", spec.layers());
    config.put("num_attention_heads", spec.queryHeads());
    config.put("head_dim", spec.headDim());
    config.put("vocab_size", spec.vocabularySize());
    config.put("max_position_embeddings", spec.maxPositions());
    config.put("rms_norm_eps", spec.rmsNormEps());
    RopeConfigs.put(config, spec.rope());
    config.put("tie_word_embeddings", spec.tiedEmbeddings());
    putTokens(config, spec.specialTokens());
    config.put(GateActivations.KEY, GateActivations.SILU);
    config.put("mlp_bias", false);
    config.put("attention_dropout", 0.0).put("initializer_range", 0.02);
    config.put("use_cache", true);
  }

  /** Adds the ids of the special tokens; those that end a generation are a list. */
  public static void putTokens(ObjectNode config, SpecialTokens tokens) {
    putOneOrList(config, "bos_token_id", tokens.beginOfText());
    if (tokens.endOfText().isEmpty()) {
      config.putNull("eos_token_id");
    } else {
      tokens.endOfText().forEach(config.putArray("eos_token_id")::add);
    }
    putOneOrList(config, "pad_token_id", tokens.padding());
  }

  private static void putOneOrList(ObjectNode config, String key, ImmutableList<Integer> ids) {
    if (ids.isEmpty()) {
      config.putNull(key);
    } else if (ids.size() == 1) {
      config.put(key, ids.get(0));
    } else {
      ids.forEach(config.putArray(key)::add);
    }
  }
}
