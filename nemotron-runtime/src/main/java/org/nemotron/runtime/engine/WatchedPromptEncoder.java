package org.nemotron.runtime.engine;

import com.google.common.primitives.ImmutableIntArray;
import java.util.Optional;
import java.util.function.IntPredicate;
import org.nemotron.core.text.Tokenizer;
import org.nemotron.runtime.chat.ChatTemplate;
import org.nemotron.runtime.text.EndTokens;

/**
 * Encodes a prompt as {@link PromptEncoder} does, as long as a condition on the number of its
 * tokens holds. Safe for use by several threads if the condition is.
 */
final class WatchedPromptEncoder implements Prompt.Visitor<Optional<Prompt.Encoded>> {
  /** Shorter texts are encoded before anything could be said of them. */
  private static final int SHORT_CHARS = 1 << 12;

  private static final String PROBE = "a";

  private final PromptEncoder prompts;
  private final Tokenizer tokenizer;
  private final IntPredicate goesOn;

  /**
   * Makes an encoder.
   *
   * @param goesOn is given a number of tokens that the prompt has at least
   */
  WatchedPromptEncoder(PromptEncoder prompts, Tokenizer tokenizer, IntPredicate goesOn) {
    this.prompts = prompts;
    this.tokenizer = tokenizer;
    this.goesOn = goesOn;
  }

  @Override
  public Optional<Prompt.Encoded> visit(Prompt.Text prompt) {
    if (prompt.text().length() <= SHORT_CHARS) {
      return checked(prompts.visit(prompt));
    }
    return ids(prompt.text())
        .map(ids -> new Prompt.Encoded(whole(prompt.text(), ids), prompts.endTokens()));
  }

  /** Returns the tokens of a text with those around it. */
  private ImmutableIntArray whole(String text, ImmutableIntArray ids) {
    ImmutableIntArray probe = tokenizer.encode(PROBE);
    ImmutableIntArray around = tokenizer.encodeWhole(PROBE);
    int behind = around.length() - probe.length();
    for (int before = 0; before <= behind; before++) {
      if (around.subArray(before, before + probe.length()).equals(probe)) {
        return ImmutableIntArray.builder()
            .addAll(around.subArray(0, before))
            .addAll(ids)
            .addAll(around.subArray(before + probe.length(), around.length()))
            .build();
      }
    }
    return tokenizer.encodeWhole(text);
  }

  @Override
  public Optional<Prompt.Encoded> visit(Prompt.Rendered prompt) {
    return encoded(prompt.text(), prompts.endTokens());
  }

  @Override
  public Optional<Prompt.Encoded> visit(Prompt.Tokens prompt) {
    return checked(prompts.visit(prompt));
  }

  @Override
  public Optional<Prompt.Encoded> visit(Prompt.Chat prompt) {
    ChatTemplate template = prompts.template();
    return encoded(
        template.render(prompt.messages(), prompt.options()), prompts.endTokens(template));
  }

  @Override
  public Optional<Prompt.Encoded> visit(Prompt.Encoded prompt) {
    return checked(prompt);
  }

  private Optional<Prompt.Encoded> encoded(String text, EndTokens endTokens) {
    return ids(text).map(ids -> new Prompt.Encoded(ids, endTokens));
  }

  private Optional<ImmutableIntArray> ids(String text) {
    return text.length() > SHORT_CHARS && !goesOn.test(tokenizer.leastTokens(text))
        ? Optional.empty()
        : tokenizer.encodeWhile(text, goesOn);
  }

  private Optional<Prompt.Encoded> checked(Prompt.Encoded encoded) {
    return goesOn.test(encoded.ids().length()) ? Optional.of(encoded) : Optional.empty();
  }
}
