package org.nemotron.core.checkpoint.gguf;

import static com.google.common.base.Verify.verifyNotNull;

import com.google.common.collect.ImmutableMap;
import org.nemotron.core.spec.ModelSpec;

/** What GGUF calls the tensors that Hugging Face calls otherwise. */
final class GgufNames {
  static final String ROPE_FACTORS = "rope_freqs.weight";
  static final String EMBEDDING = "token_embd.weight";
  static final String HEAD = "output.weight";
  static final String GATE_BIAS = "ffn_gate.bias";

  private static final ImmutableMap<String, String> OUTSIDE =
      ImmutableMap.of(
          "model.embed_tokens.weight", EMBEDDING,
          "model.norm.weight", "output_norm.weight",
          "lm_head.weight", HEAD);

  private static final ImmutableMap<String, String> IN_LAYER =
      ImmutableMap.<String, String>builder()
          .put("input_layernorm.weight", "attn_norm.weight")
          .put("self_attn.q_proj.weight", "attn_q.weight")
          .put("self_attn.k_proj.weight", "attn_k.weight")
          .put("self_attn.v_proj.weight", "attn_v.weight")
          .put("self_attn.o_proj.weight", "attn_output.weight")
          .put("self_attn.q_proj.bias", "attn_q.bias")
          .put("self_attn.k_proj.bias", "attn_k.bias")
          .put("self_attn.v_proj.bias", "attn_v.bias")
          .put("self_attn.o_proj.bias", "attn_output.bias")
          .put("self_attn.q_norm.weight", "attn_q_norm.weight")
          .put("self_attn.k_norm.weight", "attn_k_norm.weight")
          .put("self_attn.linear_attn.weight", "attn_output.weight")
          .put("post_attention_layernorm.weight", "ffn_norm.weight")
          .put("mlp.gate_proj.weight", "ffn_gate.weight")
          .put("mlp.up_proj.weight", "ffn_up.weight")
          .put("mlp.down_proj.weight", "ffn_down.weight")
          .put("mlp.linear_mlp.weight", "ffn_up.weight")
          .buildOrThrow();

  private GgufNames() {}

  /** Returns GGUF's name of a tensor outside the layers. */
  static String outside(String name) {
    return verifyNotNull(OUTSIDE.get(name), name);
  }

  /** Returns GGUF's name of a tensor of a layer, given by its name below the layer. */
  static String inLayer(int layer, String name) {
    return layerPrefix(layer) + verifyNotNull(IN_LAYER.get(name), name);
  }

  /** Returns what stands before the names of a layer's tensors: {@code blk.7.}. */
  static String layerPrefix(int layer) {
    return "blk." + layer + ".";
  }

  /** Returns GGUF's name of the tensor that Hugging Face calls {@code name}. */
  static String of(String name) {
    if (OUTSIDE.containsKey(name)) {
      return outside(name);
    }
    int begin = ModelSpec.layerPrefix(0).indexOf('0');
    int end = name.indexOf('.', begin);
    return inLayer(Integer.parseInt(name.substring(begin, end)), name.substring(end + 1));
  }
}
