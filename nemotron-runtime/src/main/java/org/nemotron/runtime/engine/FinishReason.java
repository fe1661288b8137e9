package org.nemotron.runtime.engine;

/** Why a generation ended. */
public enum FinishReason {
  /** The model chose a token that ends a text. */
  END_TOKEN,
  /** The text reached a stop string. */
  STOP_STRING,
  /** The model chose a stop token of the request. */
  STOP_TOKEN,
  /** The answer is complete: its constraint lets nothing follow. */
  COMPLETE,
  /** The requested number of tokens, or the model's longest context, was reached. */
  LENGTH,
  /** The request's time was over; the answer has what was generated until then. */
  TIME,
  /** The caller cancelled it, or the engine was closed. */
  CANCELLED
}
