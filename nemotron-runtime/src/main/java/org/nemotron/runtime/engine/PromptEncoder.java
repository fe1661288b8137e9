package org.nemotron.runtime.engine;

import com.google.common.primitives.ImmutableIntArray;
import java.util.Optional;
import org.nemotron.core.text.Tokenizer;
import org.nemotron.runtime.chat.ChatTemplate;
import org.nemotron.runtime.text.EndTokens;

/** Encodes prompts as tokens. Safe for use by several threads. */
final class PromptEncoder implements Prompt.Visitor<Prompt.Encoded> {
  private final Tokenizer tokenizer;
  private final EndTokens endTokens;
  private final ChatTemplateSource templates;

  PromptEncoder(Tokenizer tokenizer, EndTokens endTokens, ChatTemplateSource templates) {
    this.tokenizer = tokenizer;
    this.endTokens = endTokens;
    this.templates = templates;
  }

  @Override
  public Prompt.Encoded visit(Prompt.Text prompt) {
    return new Prompt.Encoded(tokenizer.encodeWhole(prompt.text()), endTokens);
  }

  @Override
  public Prompt.Encoded visit(Prompt.Rendered prompt) {
    return new Prompt.Encoded(tokenizer.encode(prompt.text()), endTokens);
  }

  @Override
  public Prompt.Encoded visit(Prompt.Tokens prompt) {
    return new Prompt.Encoded(prompt.ids(), endTokens);
  }

  /**
   * A turn also ends at the tokenizer's "eos_token", which a model's configuration may not name.
   */
  @Override
  public Prompt.Encoded visit(Prompt.Chat prompt) {
    ChatTemplate template = templates.get();
    String text = template.render(prompt.messages(), prompt.options());
    return new Prompt.Encoded(tokenizer.encode(text), endTokens(template));
  }

  @Override
  public Prompt.Encoded visit(Prompt.Encoded prompt) {
    return prompt;
  }

  /**
   * Returns the chat template.
   *
   * @throws RequestRefusedException if there is none
   */
  ChatTemplate template() {
    return templates.get();
  }

  /** Returns the chat template; empty where there is none. */
  Optional<ChatTemplate> findTemplate() {
    return templates.find();
  }

  /** Returns the tokens that end an answer which continues no turn. */
  EndTokens endTokens() {
    return endTokens;
  }

  /** Returns the tokens that end a turn. */
  EndTokens endTokens(ChatTemplate template) {
    return template.endOfTurn().map(this::endTokensAnd).orElse(endTokens);
  }

  /** A text that is more than one token ends nothing. */
  private EndTokens endTokensAnd(String endOfTurn) {
    ImmutableIntArray ids = tokenizer.encode(endOfTurn);
    return ids.length() == 1 ? endTokens.and(ids.get(0)) : endTokens;
  }
}
