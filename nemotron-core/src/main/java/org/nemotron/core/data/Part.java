package org.nemotron.core.data;

/** What a document is used for; a hash of the document decides. */
public enum Part {
  /** To learn from. */
  TRAINING("training"),
  /** To score and to choose the best child by. */
  VALIDATION("validation"),
  /** Nothing is learned or chosen by it; the report measures on it. */
  HELD_OUT("held-out");

  private final String fileName;

  Part(String fileName) {
    this.fileName = fileName;
  }

  /** Returns the name of its files, without an ending. */
  String fileName() {
    return fileName;
  }
}
