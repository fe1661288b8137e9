package org.nemotron.runtime.engine;

import com.google.common.collect.ImmutableList;
import org.nemotron.runtime.sampling.Sampled;

/** A part of the stream of a generation. Immutable. */
sealed interface StreamPart {
  /** Returns the text of this part, which may be empty. */
  String text();

  /** Calls the method of {@code listener} for this part. */
  void passTo(TokenListener listener);

  /** The prompt and its log-probabilities. */
  record Scored(ImmutableList<Sampled> prompt) implements StreamPart {
    @Override
    public String text() {
      return "";
    }

    @Override
    public void passTo(TokenListener listener) {
      listener.onPrompt(prompt);
    }
  }

  /** A token and its text. */
  record Token(GeneratedToken token) implements StreamPart {
    @Override
    public String text() {
      return token.text();
    }

    @Override
    public void passTo(TokenListener listener) {
      listener.onToken(token);
    }
  }

  /** The text behind the last token. */
  record Rest(String text) implements StreamPart {
    @Override
    public void passTo(TokenListener listener) {
      listener.onRest(text);
    }
  }
}
