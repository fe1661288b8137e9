package org.nemotron.runtime.engine;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.nemotron.runtime.chat.ChatTemplate;
import org.nemotron.runtime.chat.ChatTemplateException;

/**
 * The chat template of a generator: given, or read from the model's directory by the first
 * conversation, so that a generator without conversations opens with any template. Safe for use by
 * several threads.
 */
final class ChatTemplateSource {
  private final Optional<Path> directory;
  private Optional<ChatTemplate> template;

  private ChatTemplateSource(Optional<Path> directory, Optional<ChatTemplate> template) {
    this.directory = directory;
    this.template = template;
  }

  static ChatTemplateSource none() {
    return new ChatTemplateSource(Optional.empty(), Optional.empty());
  }

  static ChatTemplateSource of(ChatTemplate template) {
    return new ChatTemplateSource(Optional.empty(), Optional.of(template));
  }

  static ChatTemplateSource in(Path directory) {
    return new ChatTemplateSource(Optional.of(directory), Optional.empty());
  }

  /**
   * Returns the template.
   *
   * @throws RequestRefusedException if there is none
   * @throws GenerationFailedException if its file is malformed
   * @throws ChatTemplateException if it is not Jinja
   */
  synchronized ChatTemplate get() {
    if (template.isEmpty() && directory.isPresent()) {
      template = read(directory.orElseThrow());
    }
    return template.orElseThrow(() -> new RequestRefusedException(missing()));
  }

  private static Optional<ChatTemplate> read(Path directory) {
    try {
      return ChatTemplate.read(directory);
    } catch (IOException e) {
      throw new GenerationFailedException(e);
    }
  }

  private String missing() {
    return directory
        .map(
            path ->
                path
                    + " has no chat template (chat_template.jinja, or chat_template in"
                    + " tokenizer_config.json).\n"
                    + "Maybe the model was not trained on conversations: let it continue a text.")
        .orElse(
            "this generator has no chat template.\n"
                + "Maybe give TextGenerator.of the model's directory, or a template.");
  }
}
