package org.nemotron.runtime.engine;

/** Why a generation ended. */
public enum FinishReason {
  /** The model chose a token that ends a text. */
  END_TOKEN,
  /** A stop string came. */
  STOP_STRING,
  /** The wanted number of tokens, or the model's longest context, was reached. */
  LENGTH,
  /** The caller gave it up, or the engine was closed. */
  CANCELLED
}
