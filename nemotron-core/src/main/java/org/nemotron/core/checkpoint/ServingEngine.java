package org.nemotron.core.checkpoint;

/**
 * A program that serves models, and which irregular layers it cannot load.
 *
 * <p>As of 2026: what their sources say, and for llama.cpp what it did.
 */
public enum ServingEngine {
  /** Loads nemotron-nas; sizes its cache by the first block's attention. */
  VLLM("vLLM", false, false, true),
  /** Loads nemotron-nas; one number of key/value heads for all layers. */
  SGLANG("SGLang", false, true, true),
  /** Loads nemotron-nas, all kinds of layers. */
  TENSORRT_LLM("TensorRT-LLM", true, false, false),
  /** Loads what this library writes as GGUF, where every kind of layer has an exact equivalent. */
  LLAMA_CPP("llama.cpp", true, false, false),
  /** Loads nemotron-nas; looks for linear layers under other names. */
  MLX_LM("mlx-lm", false, false, false),
  /** Loads nemotron-nas with the Python files of that model (trust_remote_code). */
  TRANSFORMERS("transformers", true, false, false);

  private final String title;
  private final boolean linear;
  private final boolean oneKvCount;
  private final boolean firstAttentionNeeded;

  ServingEngine(String title, boolean linear, boolean oneKvCount, boolean firstAttentionNeeded) {
    this.title = title;
    this.linear = linear;
    this.oneKvCount = oneKvCount;
    this.firstAttentionNeeded = firstAttentionNeeded;
  }

  /** Returns the name as its makers write it. */
  public String title() {
    return title;
  }

  /** Returns whether a sub-block may be a linear layer. */
  public boolean loadsLinear() {
    return linear;
  }

  /** Returns whether all attentions must have the same number of key/value heads. */
  public boolean wantsOneKvCount() {
    return oneKvCount;
  }

  /** Returns whether the first layer must have attention. */
  public boolean wantsFirstAttention() {
    return firstAttentionNeeded;
  }
}
