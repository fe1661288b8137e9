package org.nemotron.core.checkpoint;

import org.nemotron.core.checkpoint.huggingface.ModelFamily;
import org.nemotron.core.spec.AttentionTrait;
import org.nemotron.core.spec.ModelSpec;

/** How the config.json of a Hugging Face directory describes a model's layers. */
public enum CheckpointForm {
  /**
   * As Llama, Mistral, Qwen2 or Qwen3, whichever the parent is: for models whose layers are alike.
   */
  FAMILY,
  /**
   * As nemotron-nas (DeciLM), which most engines know: widths are padded with zeros to multiples of
   * 256, and query and key heads must not be normalized.
   */
  NEMOTRON_NAS,
  /** As AnyModel: any family, any width. */
  ANY_MODEL;

  /** Returns the form that most engines know among those that can express {@code spec}. */
  public static CheckpointForm of(ModelSpec spec) {
    if (ModelFamily.hasLayersOf(spec) && ModelFamily.LLAMA.orOneWith(spec.traits()).isPresent()) {
      return FAMILY;
    }
    return spec.traits().contains(AttentionTrait.HEAD_NORMS) ? ANY_MODEL : NEMOTRON_NAS;
  }
}
