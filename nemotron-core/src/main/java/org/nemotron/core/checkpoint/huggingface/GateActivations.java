package org.nemotron.core.checkpoint.huggingface;

import com.google.common.base.Ascii;
import com.google.common.collect.ImmutableSet;
import org.nemotron.core.checkpoint.file.JsonFile;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;

/** The activation of an FFN's gate, for which there are several names: {@code x * sigmoid(x)}. */
final class GateActivations {
  static final String KEY = "hidden_act";
  static final String SILU = "silu";

  private static final ImmutableSet<String> SYNONYMS = ImmutableSet.of(SILU, "swish");

  private GateActivations() {}

  /** Returns whether {@code name} is one of SiLU's. */
  static boolean isSilu(String name) {
    return SYNONYMS.contains(Ascii.toLowerCase(name));
  }

  /** Checks that {@code object}, the file or a layer of it, names no other activation. */
  static void check(JsonFile object) throws CheckpointFormatException {
    String activation = object.text(KEY, SILU);
    if (!isSilu(activation)) {
      throw new CheckpointFormatException(
          object.where() + ": hidden_act (" + activation + ") is not supported; it must be silu");
    }
  }
}
