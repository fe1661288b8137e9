package org.nemotron.runtime.chat;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The Jinja template of a checkpoint: renders a conversation as the prompt that the model expects,
 * as Hugging Face transformers does, without tools.
 *
 * <p>The prompt has the special tokens as text; a tokenizer encodes them as their ids. It needs no
 * begin-of-text token before it: the template has it where the model was trained with one. Safe for
 * use by several threads.
 */
public final class ChatTemplate {
  static final int MAX_SOURCE_CHARS = 1 << 18;

  private final String canonical;
  private final ImmutableMap<String, String> specialTokens;
  private final JinjaEngine engine = new JinjaEngine();

  private ChatTemplate(String canonical, ImmutableMap<String, String> specialTokens) {
    this.canonical = canonical;
    this.specialTokens = specialTokens;
  }

  /**
   * Returns the template in {@code directory}: chat_template.jinja, or else the one in
   * tokenizer_config.json, of several the one named "default". Empty where there is none, as for
   * models that were not trained on conversations.
   *
   * @throws IOException if a file is damaged, or the template has more than 262,144 characters
   * @throws ChatTemplateException if the template is not Jinja
   */
  public static Optional<ChatTemplate> read(Path directory) throws IOException {
    return ChatTemplateFiles.read(directory);
  }

  /**
   * Returns a template.
   *
   * @param source Jinja, of at most 262,144 characters
   * @param specialTokens the texts of special tokens by the name that templates give them, such as
   *     "bos_token" and "eos_token"
   * @throws ChatTemplateException if the source is not Jinja
   */
  public static ChatTemplate of(String source, Map<String, String> specialTokens) {
    checkArgument(
        source.length() <= MAX_SOURCE_CHARS,
        "a chat template of %s characters must have at most %s",
        source.length(),
        MAX_SOURCE_CHARS);
    return new ChatTemplate(TemplateSource.canonical(source), ImmutableMap.copyOf(specialTokens));
  }

  /**
   * Returns the prompt of a conversation.
   *
   * @param addGenerationPrompt whether the prompt ends where the assistant's next turn begins
   * @throws ChatTemplateException if the template refuses the conversation, or fails
   */
  public String render(List<ChatMessage> messages, boolean addGenerationPrompt) {
    checkArgument(!messages.isEmpty(), "a conversation must have a message");
    return engine.render(
        canonical, ImmutableList.copyOf(messages), addGenerationPrompt, specialTokens);
  }

  /**
   * Returns the text of the special token that ends a turn: "eos_token" of the tokenizer's
   * configuration. Empty where that names none.
   */
  public Optional<String> endOfTurn() {
    return Optional.ofNullable(specialTokens.get("eos_token"));
  }
}
