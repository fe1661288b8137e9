package org.nemotron.core.checkpoint.gguf;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.AttentionTrait;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.SpecialTokens;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/**
 * Makes the spec of a GGUF file from its keys, the names of its tensors, and a look at suspects.
 */
final class GgufModelParser {
  private static final String MODEL = "model";

  private final GgufFile file;
  private final GgufKeys keys;
  private final GgufArchitecture architecture;
  private final Set<String> explained = new HashSet<>();
  private final Set<String> passedOver = new LinkedHashSet<>();
  private final int layers;
  private final int width;
  private final int queryHeads;
  private final int headDim;

  GgufModelParser(GgufFile file) throws CheckpointFormatException {
    this.file = file;
    this.keys = GgufKeys.of(file);
    checkIsModel(keys);
    this.architecture = architecture(keys);
    this.layers = layers(file, keys, architecture.key("block_count"));
    this.width = keys.count(architecture.key("embedding_length"));
    this.queryHeads = queryHeads();
    this.headDim =
        keys.optionalCount(architecture.key("attention.key_length")).orElse(width / queryHeads);
  }

  /** Adapters, projectors of images and matrices of importance are GGUF files too. */
  private static void checkIsModel(GgufKeys keys) throws CheckpointFormatException {
    String type = keys.optionalText("general.type").orElse(MODEL);
    if (!type.equals(MODEL)) {
      throw keys.wrong("general.type", "model, not " + type);
    }
  }

  private static GgufArchitecture architecture(GgufKeys keys) throws CheckpointFormatException {
    String id = keys.optionalText("general.architecture").orElse("(not named)");
    return GgufArchitecture.ofId(id)
        .orElseThrow(
            () ->
                new CheckpointFormatException(
                    keys.where()
                        + ": architecture "
                        + id
                        + " is not supported; "
                        + GgufArchitecture.supported()
                        + " are"));
  }

  /** Returns what files call the model's architecture. */
  GgufArchitecture architecture() {
    return architecture;
  }

  /** Returns the tensors that stand for what the spec does not have as tensors. */
  ImmutableSet<String> explained() {
    return ImmutableSet.copyOf(explained);
  }

  /** Returns a sentence per key that was passed over. */
  ImmutableSet<String> passedOver() {
    return ImmutableSet.copyOf(passedOver);
  }

  private static int layers(GgufFile file, GgufKeys keys, String key)
      throws CheckpointFormatException {
    int layers = keys.count(key);
    // No list of layers is made before the file is seen to have some.
    if (layers > file.names().size()) {
      throw keys.wrong(key, "no more than there are tensors");
    }
    return layers;
  }

  private int queryHeads() throws CheckpointFormatException {
    int most =
        keys.perLayer(architecture.key("attention.head_count"), layers).stream()
            .mapToInt(Integer::intValue)
            .max()
            .orElse(0);
    if (most == 0) {
      throw keys.wrong(architecture.key("attention.head_count"), "above 0 in some layer");
    }
    return most;
  }

  /** Returns the spec. */
  ModelSpec spec() throws CheckpointFormatException {
    checkHeads();
    checkAbsent("expert_count", "mixtures of experts are not supported");
    checkAbsent("attention.temperature_scale", "queries must not be scaled by their position");
    ImmutableList<BlockSpec> blocks = blocks();
    ModelSpec spec =
        new ModelSpec(
            vocabularySize(),
            width,
            queryHeads,
            headDim,
            keys.number(architecture.key("attention.layer_norm_rms_epsilon")),
            GgufRope.read(file, keys, architecture, headDim),
            keys.count(architecture.key("context_length")),
            !has(GgufNames.HEAD),
            specialTokens(),
            blocks);
    if (!GgufHyperparameters.ropeFactors(spec).isEmpty()) {
      explained.add(GgufNames.ROPE_FACTORS);
    }
    return spec;
  }

  private ImmutableList<BlockSpec> blocks() throws CheckpointFormatException {
    ImmutableList<Integer> heads = perLayer("attention.head_count");
    ImmutableList<Integer> kvHeads =
        keys.has(architecture.key("attention.head_count_kv"))
            ? perLayer("attention.head_count_kv")
            : heads;
    ImmutableList<Integer> channels = perLayer("feed_forward_length");
    ImmutableList.Builder<BlockSpec> blocks = ImmutableList.builder();
    for (int layer = 0; layer < layers; layer++) {
      blocks.add(
          new BlockSpec(
              attention(layer, heads.get(layer), kvHeads.get(layer)),
              ffn(layer, channels.get(layer))));
    }
    return blocks.build();
  }

  private int vocabularySize() throws CheckpointFormatException {
    if (!has(GgufNames.EMBEDDING)) {
      throw new CheckpointFormatException(
          file.path() + ": tensor " + GgufNames.EMBEDDING + " is missing");
    }
    int rows = Math.toIntExact(file.shape(GgufNames.EMBEDDING).get(0));
    if (keys.has(GgufTokens.TEXTS) && keys.texts(GgufTokens.TEXTS).size() > rows) {
      throw keys.wrong(
          GgufTokens.TEXTS,
          "no more ("
              + keys.texts(GgufTokens.TEXTS).size()
              + ") than rows of "
              + GgufNames.EMBEDDING
              + " ("
              + rows
              + ")");
    }
    return rows;
  }

  private void checkAbsent(String key, String because) throws CheckpointFormatException {
    String full = architecture.key(key);
    if (keys.number(full, 0) != 0) {
      throw keys.wrong(full, "0, not " + keys.number(full, 0) + ": " + because);
    }
  }

  private ImmutableList<Integer> perLayer(String key) throws CheckpointFormatException {
    return keys.perLayer(architecture.key(key), layers);
  }

  private void checkHeads() throws CheckpointFormatException {
    for (String key : ImmutableSet.of("attention.value_length", "rope.dimension_count")) {
      int size = keys.optionalCount(architecture.key(key)).orElse(headDim);
      if (size != headDim) {
        throw keys.wrong(architecture.key(key), "the size of a head (" + headDim + ")");
      }
    }
  }

  private SpecialTokens specialTokens() throws CheckpointFormatException {
    GgufSpecialTokens tokens = GgufSpecialTokens.read(keys, vocabularySize());
    passedOver.addAll(tokens.passedOver());
    return tokens.ofSpec(keys);
  }

  private AttentionSpec attention(int layer, int heads, int kvHeads) {
    if (heads == 0) {
      return new AttentionSpec.NoOp();
    }
    if (kvHeads > 0) {
      return new AttentionSpec.GroupedQuery(heads, kvHeads, headDim, traits(layer));
    }
    String prefix = GgufNames.layerPrefix(layer);
    if (layer == 0 && has(prefix + "attn_output.weight") && isZero(prefix + "attn_output.weight")) {
      explained.add(prefix + "attn_norm.weight");
      explained.add(prefix + "attn_output.weight");
      return new AttentionSpec.NoOp();
    }
    return new AttentionSpec.Linear();
  }

  private ImmutableSet<AttentionTrait> traits(int layer) {
    String prefix = GgufNames.layerPrefix(layer);
    ImmutableSet.Builder<AttentionTrait> traits = ImmutableSet.builder();
    if (has(prefix + "attn_q.bias")) {
      traits.add(AttentionTrait.INPUT_BIASES);
    }
    if (has(prefix + "attn_output.bias")) {
      traits.add(AttentionTrait.OUTPUT_BIAS);
    }
    if (has(prefix + "attn_q_norm.weight")) {
      traits.add(AttentionTrait.HEAD_NORMS);
    }
    return traits.build();
  }

  private FfnSpec ffn(int layer, int channels) throws CheckpointFormatException {
    if (channels == 0) {
      return new FfnSpec.NoOp();
    }
    String prefix = GgufNames.layerPrefix(layer);
    if (has(prefix + GgufNames.GATE_BIAS)) {
      checkOpenGate(prefix, channels);
      explained.add(prefix + GgufNames.GATE_BIAS);
      explained.add(prefix + "ffn_gate.weight");
      explained.add(prefix + "ffn_down.weight");
      return new FfnSpec.Linear();
    }
    if (channels == LlamaCppBlocks.IDLE_CHANNELS
        && has(prefix + "ffn_down.weight")
        && isZero(prefix + "ffn_down.weight")) {
      for (String name : ImmutableSet.of("ffn_norm", "ffn_gate", "ffn_up", "ffn_down")) {
        explained.add(prefix + name + ".weight");
      }
      return new FfnSpec.NoOp();
    }
    return new FfnSpec.Gated(channels);
  }

  private void checkOpenGate(String prefix, int channels) throws CheckpointFormatException {
    boolean open =
        channels == width
            && has(prefix + "ffn_gate.weight")
            && isZero(prefix + "ffn_gate.weight")
            && holds(
                prefix + GgufNames.GATE_BIAS, GgufRows.constant(LlamaCppBlocks.OPEN_GATE, width), 1)
            && has(prefix + "ffn_down.weight")
            && holds(prefix + "ffn_down.weight", GgufRows.identity(width), width);
    if (!open) {
      throw new CheckpointFormatException(
          file.path()
              + ": tensor "
              + prefix
              + GgufNames.GATE_BIAS
              + " is not supported; biases of FFNs must be absent");
    }
  }

  private boolean holds(String name, GgufTensor.Rows expected, long rows) {
    try (NativeScope scope = NativeScope.open()) {
      Tensor stored = Tensors.cast(file.tensor(name), DType.FLOAT32);
      Tensor wanted = expected.of(0, rows);
      return stored.numel() == wanted.numel() && stored.flatten().equal(wanted.flatten());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private boolean has(String name) {
    return file.names().contains(name);
  }

  private boolean isZero(String name) {
    try (NativeScope scope = NativeScope.open()) {
      return file.tensor(name).count_nonzero().item_long() == 0;
    }
  }
}
