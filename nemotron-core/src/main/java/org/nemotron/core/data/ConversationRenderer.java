package org.nemotron.core.data;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.nemotron.core.provenance.Fingerprint;

/**
 * A model's chat template: conversations as the texts that the model was trained on. Safe for use
 * by several threads.
 */
public interface ConversationRenderer {
  /**
   * Returns the text of a conversation, with special tokens.
   *
   * @param turns JSON objects with role and content, at least one
   * @throws IllegalArgumentException if the template refuses the conversation, or fails
   */
  String text(List<String> turns);

  /**
   * Returns where the assistant's turns stand in the {@link #text} of a conversation, in their
   * order.
   *
   * @throws IllegalArgumentException if that cannot be told
   */
  ImmutableList<Span> answers(List<String> turns);

  /** Returns the digest of all that the texts depend on. */
  Fingerprint fingerprint();

  /** Finds the chat template of a model. */
  interface OfModel {
    /** Says that no model has one. */
    OfModel NONE = directory -> Optional.empty();

    /**
     * Returns the template of the model in {@code directory}, or nothing if it has none.
     *
     * @throws IOException if it is damaged
     */
    Optional<ConversationRenderer> read(Path directory) throws IOException;
  }

  /**
   * A part of a text.
   *
   * @param begin index of its first character
   * @param end index behind its last one
   */
  record Span(int begin, int end) {}
}
