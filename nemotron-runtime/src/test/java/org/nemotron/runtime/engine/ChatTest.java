package org.nemotron.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.checkpoint.ModelReader;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.text.Tokenizer;
import org.nemotron.runtime.chat.ChatMessage;
import org.nemotron.runtime.chat.ChatTemplate;
import org.nemotron.runtime.text.EndTokens;

/** Conversations: the chat template and the generator together, on the shipped parent. */
final class ChatTest {
  private static final EngineSettings ONE_THREAD = EngineSettings.builder().threads(1).build();

  private static final String TEMPLATE =
      "{{ bos_token }}{% for message in messages %}{{ message.role }}: {{ message.content }}\n"
          + "{% endfor %}{% if add_generation_prompt %}assistant: Once{% endif %}";

  private static final List<ChatMessage> MESSAGES =
      List.of(ChatMessage.system("Tell a story."), ChatMessage.user("About a cat."));

  private static final String PROMPT =
      "<s>system: Tell a story.\nuser: About a cat.\nassistant: Once";

  private final Path directory;

  /** Makes a directory like the parent's, whose configurations a test may write anew. */
  ChatTest(@TempDir Path directory) throws IOException {
    this.directory = directory;
    for (String file : List.of("config.json", "model.safetensors", "tokenizer.json")) {
      Files.copy(SmallModel.SHIPPED.resolve(file), directory.resolve(file));
    }
    writeTokenizerConfig("</s>");
    Files.writeString(directory.resolve("chat_template.jinja"), TEMPLATE);
  }

  private void writeTokenizerConfig(String endOfTurn) throws IOException {
    Files.writeString(
        directory.resolve("tokenizer_config.json"),
        "{\"bos_token\": \"<s>\", \"eos_token\": \"" + endOfTurn + "\"}");
  }

  private static GenerationRequest rendered() {
    return GenerationRequest.continuingRendered(PROMPT).build();
  }

  @Test
  void chat_messages_continuesTheRenderedConversation() throws IOException {
    StringBuilder pieces = new StringBuilder();
    try (TextGenerator generator = TextGenerator.open(directory, ONE_THREAD)) {
      GenerationResult expected = generator.generate(rendered());
      GenerationResult result = generator.chat(MESSAGES, pieces::append);
      assertThat(result.text()).isEqualTo(expected.text()).isNotEmpty();
      assertThat(result.promptTokens()).isEqualTo(expected.promptTokens());
      assertThat(pieces).hasToString(result.text());
      assertThat(generator.chat(MESSAGES).tokens()).isEqualTo(result.tokens());
    }
  }

  @Test
  void chat_tokenizersEndOfTurn_endsTheAnswer() throws IOException {
    Files.writeString(directory.resolve("generation_config.json"), "{\"eos_token_id\": []}");
    writeTokenizerConfig(".");
    try (TextGenerator generator = TextGenerator.open(directory, ONE_THREAD);
        Tokenizer tokenizer = Tokenizer.open(directory)) {
      int period = tokenizer.encode(".").get(0);
      ImmutableIntArray unended = generator.generate(rendered()).tokens();
      assertThat(unended.contains(period)).isTrue();
      GenerationResult result = generator.chat(MESSAGES);
      assertThat(result.finish()).isEqualTo(FinishReason.END_TOKEN);
      assertThat(result.tokens()).isEqualTo(unended.subArray(0, unended.indexOf(period)));
    }
  }

  /** Such a text is no token that the model could choose, and so it ends nothing. */
  @Test
  void chat_endOfTurnOfManyTokens_endsNothing() throws IOException {
    Files.writeString(directory.resolve("generation_config.json"), "{\"eos_token_id\": []}");
    writeTokenizerConfig("no such token");
    try (TextGenerator generator = TextGenerator.open(directory, ONE_THREAD)) {
      assertThat(generator.chat(MESSAGES).finish()).isEqualTo(FinishReason.LENGTH);
    }
  }

  @Test
  void chat_noTemplate_isRefusedByName() throws IOException {
    Files.delete(directory.resolve("chat_template.jinja"));
    try (TextGenerator generator = TextGenerator.open(directory, ONE_THREAD)) {
      assertThatThrownBy(() -> generator.chat(MESSAGES))
          .isInstanceOf(RequestRefusedException.class)
          .hasMessage(
              directory
                  + " has no chat template (chat_template.jinja, or chat_template in"
                  + " tokenizer_config.json).\n"
                  + "Maybe the model was not trained on conversations: let it continue a text.");
      assertThat(generator.generate(rendered()).text()).isNotEmpty();
    }
  }

  @Test
  void chat_generatorOfParts_isRefusedOrUsesItsTemplate() throws IOException {
    try (HeterogeneousModel model = ModelReader.read(directory, DType.FLOAT32, Device.CPU);
        TextGenerator without = of(model, Tokenizer.open(directory));
        TextGenerator with =
            TextGenerator.of(
                model,
                Tokenizer.open(directory),
                EndTokens.read(directory),
                ChatTemplate.of(TEMPLATE, Map.of("bos_token", "<s>")),
                ONE_THREAD)) {
      assertThatThrownBy(() -> without.chat(MESSAGES))
          .isInstanceOf(RequestRefusedException.class)
          .hasMessage(
              "this generator has no chat template.\n"
                  + "Maybe give TextGenerator.of the model's directory, or a template.");
      assertThat(with.chat(MESSAGES).text()).isEqualTo(without.generate(rendered()).text());
    }
  }

  private static TextGenerator of(HeterogeneousModel model, Tokenizer tokenizer) {
    return TextGenerator.of(model, tokenizer, EndTokens.none().and(1), ONE_THREAD);
  }

  @Test
  void of_oneModelTwice_bothAnswerAlike() throws IOException {
    try (HeterogeneousModel model = ModelReader.read(directory, DType.FLOAT32, Device.CPU);
        TextGenerator one = TextGenerator.of(model, directory, ONE_THREAD);
        TextGenerator other = TextGenerator.of(model, directory, ONE_THREAD)) {
      assertThat(one.chat(MESSAGES).tokens()).isEqualTo(other.chat(MESSAGES).tokens());
    }
  }

  @Test
  void chat_templateRaises_isRefusedWithItsSentence() throws IOException {
    Files.writeString(
        directory.resolve("chat_template.jinja"), "{{ raise_exception('no system turn here') }}");
    try (TextGenerator generator = TextGenerator.open(directory, ONE_THREAD)) {
      assertThatThrownBy(() -> generator.chat(MESSAGES))
          .isInstanceOf(RequestRefusedException.class)
          .hasMessage("no system turn here");
    }
  }

  @Test
  void chat_malformedTokenizerConfig_failsByNameAndOnlyThere() throws IOException {
    Path config = directory.resolve("tokenizer_config.json");
    try (TextGenerator generator = TextGenerator.open(directory, ONE_THREAD)) {
      Files.writeString(config, "{\"eos_token\": ");
      assertThat(generator.generate(rendered()).text()).isNotEmpty();
      assertThatThrownBy(() -> generator.chat(MESSAGES))
          .isExactlyInstanceOf(GenerationFailedException.class)
          .hasMessageStartingWith("the request failed: " + config + " is not JSON (");
      Files.delete(config);
      assertThat(generator.chat(MESSAGES).text()).isNotEmpty();
    }
  }
}
