package org.nemotron.nas.estimate;

/** Kinds of work that a machine does at different rates. */
public enum WorkKind {
  /** Passes of the parent that rank channels and heads. */
  CALIBRATION,
  /** Starting weights from what was ranked. */
  INITIALIZATION,
  /** Training of candidates block by block. */
  LOCAL_TRAINING,
  /** Passes of candidates through the layers behind them, and comparisons of logits. */
  SCORING,
  /** Training of whole children. */
  GLOBAL_TRAINING,
  /** Passes of whole models, and comparisons of logits. */
  EVALUATION
}
