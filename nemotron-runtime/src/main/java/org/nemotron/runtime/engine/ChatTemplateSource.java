package org.nemotron.runtime.engine;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;
import org.nemotron.runtime.chat.ChatTemplate;
import org.nemotron.runtime.chat.ChatTemplateException;

/**
 * The chat template of a generator: given, or read from the model's directory by the first
 * conversation, so that a generator without conversations opens with any template. What is wrong
 * with that of a GGUF file is thrown by the first conversation too. Safe for use by several
 * threads.
 */
final class ChatTemplateSource {
  private static final String NO_CONVERSATIONS =
      "\nMaybe the model was not trained on conversations: let it continue a text.";

  private final Supplier<Optional<ChatTemplate>> reading;
  private final String missing;
  private Optional<ChatTemplate> template = Optional.empty();

  private ChatTemplateSource(Supplier<Optional<ChatTemplate>> reading, String missing) {
    this.reading = reading;
    this.missing = missing;
  }

  static ChatTemplateSource none() {
    return new ChatTemplateSource(
        Optional::empty,
        "this generator has no chat template.\n"
            + "Maybe give TextGenerator.of the model's directory, or a template.");
  }

  static ChatTemplateSource of(ChatTemplate template) {
    return new ChatTemplateSource(() -> Optional.of(template), "");
  }

  static ChatTemplateSource in(Path directory) {
    return new ChatTemplateSource(
        () -> read(directory),
        directory
            + " has no chat template (chat_template.jinja, or chat_template in"
            + " tokenizer_config.json)."
            + NO_CONVERSATIONS);
  }

  /**
   * Returns the template of a GGUF file.
   *
   * @param unpacked where its tokenizer lies; it may go
   */
  static ChatTemplateSource ofFile(Path file, Path unpacked) {
    return new ChatTemplateSource(
        readNow(unpacked),
        file + " has no chat template (tokenizer.chat_template)." + NO_CONVERSATIONS);
  }

  /**
   * Returns the template.
   *
   * @throws RequestRefusedException if there is none
   * @throws GenerationFailedException if its file is malformed
   * @throws ChatTemplateException if it is not Jinja
   */
  ChatTemplate get() {
    return find().orElseThrow(() -> new RequestRefusedException(missing));
  }

  /** Returns the template; empty where there is none. Throws what {@link #get} throws else. */
  synchronized Optional<ChatTemplate> find() {
    if (template.isEmpty()) {
      template = reading.get();
    }
    return template;
  }

  private static Supplier<Optional<ChatTemplate>> readNow(Path directory) {
    try {
      Optional<ChatTemplate> read = read(directory);
      return () -> read;
    } catch (GenerationFailedException | ChatTemplateException e) {
      return () -> {
        throw e;
      };
    }
  }

  private static Optional<ChatTemplate> read(Path directory) {
    try {
      return ChatTemplate.read(directory);
    } catch (IOException e) {
      throw new GenerationFailedException(e);
    }
  }
}
