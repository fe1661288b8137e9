package org.nemotron.core.data;

/** How windows of one length are cut from documents of many. */
public enum Packing {
  /**
   * Documents follow each other, and windows are cut without regard to them: no token is left out,
   * and a token attends to documents before its own in the same window.
   */
  ACROSS_DOCUMENTS,
  /**
   * A window lies in one document: there is no attention between documents, and what remains of a
   * document behind its last whole window is left out.
   */
  WITHIN_DOCUMENTS
}
