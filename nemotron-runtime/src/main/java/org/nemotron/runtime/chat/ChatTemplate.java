package org.nemotron.runtime.chat;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Verify.verifyNotNull;

import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.nemotron.runtime.jinja.JinjaException;
import org.nemotron.runtime.jinja.JinjaTemplate;
import org.nemotron.runtime.jinja.None;
import org.nemotron.runtime.jinja.Numeric;
import org.nemotron.runtime.jinja.Text;
import org.nemotron.runtime.jinja.Value;
import org.nemotron.runtime.jinja.Values;

/**
 * The Jinja template of a checkpoint: renders a conversation as the prompt that the model expects,
 * as Hugging Face transformers does.
 *
 * <p>The prompt has the special tokens as text; a tokenizer encodes them as their ids. It needs no
 * begin-of-text token before it: the template has it where the model was trained with one. Safe for
 * use by several threads.
 */
public final class ChatTemplate {
  static final int MAX_SOURCE_CHARS = 1 << 18;

  private static final String DEFAULT = "default";

  /** The template that is used where there are tools. */
  private static final String TOOL_USE = "tool_use";

  private final ImmutableMap<String, JinjaTemplate> templates;
  private final ImmutableMap<String, String> specialTokens;
  private final Supplier<LocalDateTime> clock;

  private ChatTemplate(
      ImmutableMap<String, JinjaTemplate> templates,
      ImmutableMap<String, String> specialTokens,
      Supplier<LocalDateTime> clock) {
    this.templates = templates;
    this.specialTokens = specialTokens;
    this.clock = clock;
  }

  /**
   * Returns the template in {@code directory}: chat_template.jinja and additional_chat_templates,
   * or else the one in tokenizer_config.json. Of several, the one named "default" renders
   * conversations, and the one named "tool_use", if there is one, those with tools. Empty where
   * there is none, as for models that were not trained on conversations.
   *
   * @throws IOException if a file is damaged, or a template has more than 262,144 characters
   * @throws ChatTemplateException if a template is not Jinja
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
    return ofNamed(ImmutableMap.of(DEFAULT, source), specialTokens);
  }

  /** Returns the template that several named ones, of which one is the default, make up. */
  static ChatTemplate ofNamed(Map<String, String> sources, Map<String, String> specialTokens) {
    ImmutableMap.Builder<String, JinjaTemplate> templates = ImmutableMap.builder();
    sources.forEach((name, source) -> templates.put(name, parsed(source)));
    return new ChatTemplate(
        templates.buildOrThrow(),
        ImmutableMap.copyOf(specialTokens),
        () -> LocalDateTime.now(ZoneId.systemDefault()));
  }

  private static JinjaTemplate parsed(String source) {
    checkArgument(
        source.length() <= MAX_SOURCE_CHARS,
        "a chat template of %s characters must have at most %s",
        source.length(),
        MAX_SOURCE_CHARS);
    try {
      return JinjaTemplate.parse(source);
    } catch (JinjaException e) {
      throw failure("the chat template is not Jinja", e);
    }
  }

  /** Returns this template with a clock that templates ask for today's date. */
  ChatTemplate withClock(Supplier<LocalDateTime> other) {
    return new ChatTemplate(templates, specialTokens, other);
  }

  /**
   * Returns the prompt of a conversation without tools.
   *
   * @param addGenerationPrompt whether the prompt ends where the assistant's next turn begins
   * @throws ChatTemplateException if the template refuses the conversation, or fails
   */
  public String render(List<ChatMessage> messages, boolean addGenerationPrompt) {
    return render(messages, ChatOptions.builder().addGenerationPrompt(addGenerationPrompt).build());
  }

  /**
   * Returns the prompt of a conversation.
   *
   * <p>A content that is a list of parts stays one for a template that walks over it; for any other
   * one the texts of the parts are joined, with a line break between two, as vLLM does.
   *
   * @throws ChatTemplateException if the template refuses the conversation, or fails, or drops the
   *     message to continue, or if a content has a part without text that the template does not
   *     read
   */
  public String render(List<ChatMessage> messages, ChatOptions options) {
    checkArgument(!messages.isEmpty(), "a conversation must have a message");
    return options.continueFinalMessage()
        ? FinalMessage.render(
            chosen(options).source(), messages, continued -> rendered(continued, options))
        : rendered(messages, options);
  }

  private String rendered(List<ChatMessage> messages, ChatOptions options) {
    Map<String, Value> variables = new LinkedHashMap<>();
    specialTokens.forEach((name, text) -> variables.put(name, new Text(text)));
    variables.put("tools", None.NONE);
    variables.put("documents", None.NONE);
    options.variables().forEach((name, json) -> variables.put(name, Values.of(json)));
    JinjaTemplate template = chosen(options);
    variables.put(
        "messages",
        Values.list(messages.stream().map(message -> value(message, template)).toList()));
    variables.put("add_generation_prompt", Numeric.Bool.of(options.addGenerationPrompt()));
    try {
      return template.render(variables, clock);
    } catch (JinjaException e) {
      throw e.isRaised()
          ? new ChatTemplateException(String.valueOf(e.getMessage()), e)
          : failure("the chat template cannot be rendered", e);
    }
  }

  private static Value value(ChatMessage message, JinjaTemplate template) {
    return (template.readsContentParts() ? message : message.withPartsJoined()).value();
  }

  /** Returns the Jinja source of the template that renders conversations without tools. */
  public String source() {
    return verifyNotNull(templates.get(DEFAULT)).source();
  }

  private JinjaTemplate chosen(ChatOptions options) {
    String name = options.hasTools() && templates.containsKey(TOOL_USE) ? TOOL_USE : DEFAULT;
    return Optional.ofNullable(templates.get(name)).orElseThrow();
  }

  private static ChatTemplateException failure(String what, JinjaException e) {
    String line = e.line() > 0 ? "line " + e.line() + ": " : "";
    String message = String.valueOf(e.getMessage()).replace('\n', ' ');
    return new ChatTemplateException(what + " (" + line + message + ")", e);
  }

  /**
   * Returns how the model calls tools, as far as the template that renders conversations with tools
   * shows it; empty where it is no convention that is known.
   */
  public Optional<ToolConvention> toolConvention() {
    JinjaTemplate template = templates.getOrDefault(TOOL_USE, templates.get(DEFAULT));
    return ToolConvention.of(verifyNotNull(template).source());
  }

  /**
   * Returns the text of the special token that ends a turn: "eos_token" of the tokenizer's
   * configuration. Empty where that names none.
   */
  public Optional<String> endOfTurn() {
    return Optional.ofNullable(specialTokens.get("eos_token"));
  }
}
