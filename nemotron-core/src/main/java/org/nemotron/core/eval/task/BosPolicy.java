package org.nemotron.core.eval.task;

/** Whether prompts begin with the token that begins a text. */
public enum BosPolicy {
  /** As tokenizer.json says. */
  TOKENIZER,
  /** Always, put there if tokenizer.json does not. */
  ALWAYS,
  /** Never, left out if tokenizer.json puts it there. */
  NEVER
}
