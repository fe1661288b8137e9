package org.nemotron.runtime.engine;

/** What of the text or the tokens ended an answer. Immutable. */
public sealed interface Stop {
  /** Nothing did: its length, its time, its caller, or what a constraint allows. */
  None NONE = new None();

  /** See {@link #NONE}. */
  record None() implements Stop {}

  /** A stop string of the request. */
  record Text(String text) implements Stop {}

  /** An end token of the model, or a stop token of the request. */
  record Token(int id) implements Stop {}
}
