package org.nemotron.core.eval.task;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.text.Tokenizer;

/** The tokenizer of tale-7m, whose BOS has the number 0 and whose tokenizer.json adds none. */
final class BosWarningsTest {
  private static final Path TALE = Path.of("../examples/models/tale-7m");
  private static final String BOS_FIRST =
      """
      {"type": "TemplateProcessing",
       "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}},
                  {"Sequence": {"id": "A", "type_id": 0}}],
       "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
       "special_tokens": {"<s>": {"id": "<s>", "ids": [0], "tokens": ["<s>"]}}}
      """;
  private static final String ADDS = "\"add_bos_token\": true, \"bos_token\"";

  private static ImmutableList<String> warnings(Path model, BosPolicy bos, String... prompts)
      throws IOException {
    try (Tokenizer tokenizer = Tokenizer.open(model)) {
      ItemEncoder encoder = new ItemEncoder(tokenizer, 1024, bos);
      ImmutableList.Builder<EncodedItem> items = ImmutableList.builder();
      for (String prompt : prompts) {
        items.add(encoder.encode(item(prompt)));
      }
      return PromptFacts.of(encoder, items.build()).warnings();
    }
  }

  private static TaskItem item(String prompt) {
    return new TaskItem(
        0,
        new Question.Choices(
            ImmutableList.of(new TextPair(prompt, " sat")),
            ImmutableList.of(" sat"),
            ImmutableIntArray.of(0),
            ImmutableList.of()));
  }

  /** A copy of the model's tokenizer whose configuration says that texts begin with BOS. */
  private static Path adding(Path folder) throws IOException {
    Path unused = Files.copy(TALE.resolve("tokenizer.json"), folder.resolve("tokenizer.json"));
    String config = Files.readString(TALE.resolve("tokenizer_config.json"));
    Files.writeString(
        folder.resolve("tokenizer_config.json"), config.replace("\"bos_token\"", ADDS));
    return folder;
  }

  @Test
  void of_promptsThatBeginWithBosTwice_warns() throws IOException {
    assertThat(warnings(TALE, BosPolicy.TOKENIZER, "<s><s>The cat", "<s>The cat"))
        .containsExactly(
            "warning: 1 of 2 prompts begin with BOS (0) twice, which models are not trained on;"
                + " maybe their text, such as a chat template's, has it twice");
  }

  /** A copy of the model's tokenizer whose tokenizer.json puts BOS before each text. */
  private static Path processing(Path folder) throws IOException {
    JsonMapper mapper = new JsonMapper();
    ObjectNode json = (ObjectNode) mapper.readTree(TALE.resolve("tokenizer.json").toFile());
    json.set("post_processor", mapper.readTree(BOS_FIRST));
    mapper.writeValue(folder.resolve("tokenizer.json").toFile(), json);
    Path unused =
        Files.copy(TALE.resolve("tokenizer_config.json"), folder.resolve("tokenizer_config.json"));
    return folder;
  }

  @Test
  void of_templateThatWritesBosBesideATokenizerThatAddsIt_doesNotDoubleIt(@TempDir Path folder)
      throws IOException {
    Path model = processing(folder);
    assertThat(warnings(model, BosPolicy.TOKENIZER, "<s>The cat", "The cat")).isEmpty();
    assertThat(warnings(model, BosPolicy.ALWAYS, "<s>The cat", "The cat")).isEmpty();
    assertThat(warnings(model, BosPolicy.NEVER, "<s>The cat", "The cat"))
        .singleElement()
        .asString()
        .startsWith("warning: 1 of 2 prompts begin without BOS (0)");
  }

  @Test
  void of_tokenizerThatAddsBosAndPromptsWithout_warns(@TempDir Path folder) throws IOException {
    assertThat(warnings(adding(folder), BosPolicy.NEVER, "The cat"))
        .containsExactly(
            "warning: 1 of 1 prompts begin without BOS (0), which the tokenizer's files put before"
                + " each text; a model trained with it is far worse without");
  }

  @Test
  void of_tokenizerThatAddsNone_isSilent() throws IOException {
    assertThat(warnings(TALE, BosPolicy.TOKENIZER, "The cat")).isEmpty();
  }
}
