package org.nemotron.runtime.engine;

/**
 * Thrown for a request that this generator can never serve: its prompt is empty or too long for the
 * model or the KV cache, has a token beyond the vocabulary, or is a conversation that the model's
 * chat template refuses. The message names the reason; another attempt ends alike.
 */
public final class RequestRefusedException extends GenerationFailedException {
  private static final long serialVersionUID = 1;

  RequestRefusedException(String sentence) {
    super(sentence);
  }

  RequestRefusedException(RuntimeException reason) {
    super(String.valueOf(reason.getMessage()), reason);
  }
}
