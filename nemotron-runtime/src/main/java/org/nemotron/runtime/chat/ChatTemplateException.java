package org.nemotron.runtime.chat;

/** A conversation that a template refuses, or a template that cannot be rendered. */
public final class ChatTemplateException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** Makes an exception with one sentence. */
  ChatTemplateException(String sentence) {
    super(sentence);
  }

  /** Makes an exception with one sentence and its cause. */
  ChatTemplateException(String sentence, Throwable cause) {
    super(sentence, cause);
  }
}
