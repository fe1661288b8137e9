package org.nemotron.runtime.engine;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkNotNull;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import org.nemotron.runtime.chat.ChatMessage;
import org.nemotron.runtime.chat.ChatOptions;
import org.nemotron.runtime.text.EndTokens;

/**
 * What a request continues: a text, a rendered text, tokens, or a conversation; or one of these as
 * {@link TextGenerator#encode} made it. Immutable.
 */
public sealed interface Prompt {
  /** Returns what {@code visitor} makes of this variant. */
  <R> R accept(Visitor<R> visitor);

  /** A plain text; the tokens that begin a text are put before it. */
  record Text(String text) implements Prompt {
    /** Checks that it is not null. */
    public Text {
      checkNotNull(text, "the text of a prompt must not be null");
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.visit(this);
    }
  }

  /** A text as a chat template renders it, in which special tokens are written out. */
  record Rendered(String text) implements Prompt {
    /** Checks that it is not null. */
    public Rendered {
      checkNotNull(text, "the text of a prompt must not be null");
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.visit(this);
    }
  }

  /** Token ids. */
  record Tokens(ImmutableIntArray ids) implements Prompt {
    /** Checks that they are not null; none are refused where they are submitted. */
    public Tokens {
      checkNotNull(ids, "the tokens of a prompt must not be null");
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.visit(this);
    }
  }

  /** A conversation, whose next turn is the model's; the model's chat template renders it. */
  record Chat(ImmutableList<ChatMessage> messages, ChatOptions options) implements Prompt {
    /** Checks that there is a message. */
    public Chat {
      checkNotNull(options, "the options of a conversation must not be null");
      checkNotNull(messages, "the messages of a conversation must not be null");
      checkArgument(!messages.isEmpty(), "a conversation must have a message");
    }

    /** Makes a conversation without tools. */
    public Chat(ImmutableList<ChatMessage> messages) {
      this(messages, ChatOptions.DEFAULT);
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.visit(this);
    }
  }

  /**
   * What a generator made of another prompt: to count its tokens, or to submit it several times.
   *
   * @param ids the tokens
   * @param endTokens the tokens that end its answer
   */
  record Encoded(ImmutableIntArray ids, EndTokens endTokens) implements Prompt {
    /** Checks that they are not null. */
    public Encoded {
      checkNotNull(ids, "the tokens of a prompt must not be null");
      checkNotNull(endTokens, "the end tokens of a prompt must not be null");
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.visit(this);
    }
  }

  /** One method per variant, so that a new variant breaks every consumer at compile time. */
  interface Visitor<R> {
    /** Visits a plain text. */
    R visit(Text prompt);

    /** Visits a rendered text. */
    R visit(Rendered prompt);

    /** Visits token ids. */
    R visit(Tokens prompt);

    /** Visits a conversation. */
    R visit(Chat prompt);

    /** Visits an encoded prompt. */
    R visit(Encoded prompt);
  }
}
