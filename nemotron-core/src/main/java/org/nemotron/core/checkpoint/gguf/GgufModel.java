package org.nemotron.core.checkpoint.gguf;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Iterables;
import com.google.common.collect.Sets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.checkpoint.file.StoredWeights;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;
import org.nemotron.core.checkpoint.huggingface.ModelConfig;
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
 * The model in a GGUF file: its spec, and its tensors under their Hugging Face names, query and key
 * rows in this library's order. What {@link LlamaCppBlocks} put in place of a layer is recognized
 * and read as that layer.
 */
public final class GgufModel implements StoredWeights {
  private final GgufFile file;
  private final GgufArchitecture architecture;
  private final ModelSpec spec;
  private final ImmutableMap<String, String> storedNames;
  private final ImmutableSet<String> names;

  private GgufModel(
      GgufFile file, GgufArchitecture architecture, ModelSpec spec, Set<String> explained) {
    this.file = file;
    this.architecture = architecture;
    this.spec = spec;
    ImmutableMap.Builder<String, String> stored = ImmutableMap.builder();
    spec.tensorShapes().keySet().forEach(name -> stored.put(name, GgufNames.of(name)));
    this.storedNames = stored.buildOrThrow();
    Set<String> known = new HashSet<>(storedNames.values());
    known.addAll(explained);
    this.names =
        ImmutableSet.copyOf(
            Iterables.concat(
                Sets.filter(
                    storedNames.keySet(), name -> file.names().contains(storedNames.get(name))),
                Sets.difference(file.names(), known)));
  }

  /**
   * Reads what the model in {@code file} looks like; the file stays the caller's.
   *
   * @throws CheckpointFormatException if the file does not describe a model that this library has
   */
  public static GgufModel of(GgufFile file) throws CheckpointFormatException {
    try (NativeScope scope = NativeScope.open()) {
      return new Parser(file).parse();
    } catch (IllegalArgumentException e) {
      throw new CheckpointFormatException(file.path() + ": " + e.getMessage(), e);
    }
  }

  public ModelConfig config() {
    return new ModelConfig(spec, spec);
  }

  @Override
  public String where() {
    return file.path().toString();
  }

  @Override
  public ImmutableSet<String> names() {
    return names;
  }

  @Override
  public ImmutableList<Long> shape(String name) {
    return file.shape(stored(name));
  }

  @Override
  public DType dtype(String name) {
    return file.dtype(stored(name));
  }

  private String stored(String name) {
    return storedNames.getOrDefault(name, name);
  }

  @Override
  public Tensor tensor(String name) {
    Tensor tensor = file.tensor(stored(name));
    boolean rotated = name.contains(".q_proj.") || name.contains(".k_proj.");
    return rotated && architecture.isInterleaved() ? halfSplit(tensor) : tensor;
  }

  /** Undoes {@link GgufRows#interleaved}. */
  private Tensor halfSplit(Tensor interleaved) {
    int half = spec.headDim() / 2;
    long[] sources = new long[Math.toIntExact(interleaved.size(0))];
    for (int row = 0; row < sources.length; row++) {
      int within = row % spec.headDim();
      sources[row] = row - within + within % half * 2L + within / half;
    }
    return interleaved.index_select(0, Tensors.of(sources, sources.length));
  }

  /** Makes the spec from the keys and the names of the tensors, and a look at suspects. */
  private static final class Parser {
    private final GgufFile file;
    private final GgufKeys keys;
    private final GgufArchitecture architecture;
    private final Set<String> explained = new HashSet<>();
    private final int layers;
    private final int width;
    private final int queryHeads;
    private final int headDim;

    Parser(GgufFile file) throws CheckpointFormatException {
      this.file = file;
      this.keys = new GgufKeys(file.path().toString(), file.values());
      String id = keys.optionalText("general.architecture").orElse("(not named)");
      this.architecture =
          GgufArchitecture.ofId(id)
              .orElseThrow(
                  () ->
                      new CheckpointFormatException(
                          file.path()
                              + ": architecture "
                              + id
                              + " is not supported; llama, qwen2, qwen3 and deci are"));
      this.layers = layers(file, keys, architecture.key("block_count"));
      this.width = keys.count(architecture.key("embedding_length"));
      this.queryHeads = queryHeads();
      this.headDim =
          keys.optionalCount(architecture.key("attention.key_length")).orElse(width / queryHeads);
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

    GgufModel parse() throws CheckpointFormatException {
      checkHeads();
      List<BlockSpec> blocks = new ArrayList<>();
      ImmutableList<Integer> heads = perLayer("attention.head_count");
      ImmutableList<Integer> kvHeads =
          keys.has(architecture.key("attention.head_count_kv"))
              ? perLayer("attention.head_count_kv")
              : heads;
      ImmutableList<Integer> channels = perLayer("feed_forward_length");
      for (int layer = 0; layer < layers; layer++) {
        blocks.add(
            new BlockSpec(
                attention(layer, heads.get(layer), kvHeads.get(layer)),
                ffn(layer, channels.get(layer))));
      }
      if (!file.names().contains(GgufNames.EMBEDDING)) {
        throw new CheckpointFormatException(
            file.path() + ": tensor " + GgufNames.EMBEDDING + " is missing");
      }
      ModelSpec spec =
          new ModelSpec(
              Math.toIntExact(file.shape(GgufNames.EMBEDDING).get(0)),
              width,
              queryHeads,
              headDim,
              keys.number(architecture.key("attention.layer_norm_rms_epsilon")),
              GgufRope.read(file, keys, architecture, headDim),
              keys.count(architecture.key("context_length")),
              !file.names().contains(GgufNames.HEAD),
              specialTokens(),
              ImmutableList.copyOf(blocks));
      if (!GgufHyperparameters.ropeFactors(spec).isEmpty()) {
        explained.add(GgufNames.ROPE_FACTORS);
      }
      return new GgufModel(file, architecture, spec, explained);
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
      return new SpecialTokens(
          keys.token("tokenizer.ggml.bos_token_id"),
          keys.token("tokenizer.ggml.eos_token_id"),
          keys.token("tokenizer.ggml.padding_token_id"));
    }

    private AttentionSpec attention(int layer, int heads, int kvHeads) {
      if (heads == 0) {
        return new AttentionSpec.NoOp();
      }
      if (kvHeads > 0) {
        return new AttentionSpec.GroupedQuery(heads, kvHeads, headDim, traits(layer));
      }
      String prefix = GgufNames.layerPrefix(layer);
      if (layer == 0
          && has(prefix + "attn_output.weight")
          && isZero(prefix + "attn_output.weight")) {
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
      if (has(prefix + "ffn_down.weight") && isZero(prefix + "ffn_down.weight")) {
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
              && holds(prefix + GgufNames.GATE_BIAS, GgufRows.constant(OPEN_GATE, width), 1)
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

    private static final double OPEN_GATE = LlamaCppBlocks.OPEN_GATE;

    private boolean holds(String name, GgufTensor.Rows expected, long rows) {
      try (NativeScope scope = NativeScope.open()) {
        Tensor stored = Tensors.cast(file.tensor(name), DType.FLOAT32);
        Tensor wanted = expected.of(0, rows);
        return stored.numel() == wanted.numel() && stored.flatten().equal(wanted.flatten());
      } catch (java.io.IOException e) {
        throw new java.io.UncheckedIOException(e);
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
}
