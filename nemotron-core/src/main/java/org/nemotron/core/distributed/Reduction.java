package org.nemotron.core.distributed;

/** How the values of all ranks become one. */
public enum Reduction {
  /** Their sum. */
  SUM,
  /** The greatest of them. */
  MAX
}
