package org.nemotron.core.data;

/** What is done about a record that cannot be read, or has no text or conversation. */
public enum BadRecords {
  /** Ends with a sentence that names file and line. */
  REFUSE,
  /** Leaves the record out and counts it. */
  SKIP
}
