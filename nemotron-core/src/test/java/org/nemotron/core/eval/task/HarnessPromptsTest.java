package org.nemotron.core.eval.task;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nemotron.core.eval.data.DataDirectory;
import org.nemotron.core.eval.data.RecordLayout;

/**
 * Prompts against those of lm-evaluation-harness 0.4.13, to the character. The records are
 * invented; original has them in the form of the data sets on Hugging Face, converted in other
 * forms, and expected has what the harness's own task files make of the former; expected-chat has
 * the same by a chat template.
 */
final class HarnessPromptsTest {
  private static final Path FOLDER = Path.of("src/test/resources/eval");
  private static final String CHATS = "expected-chat";

  @ParameterizedTest
  @MethodSource("expected")
  void items_ofOriginalRecords_areTheHarness(String file) throws IOException {
    assertThat(items(file, "original")).isEqualTo(expectations(file));
  }

  @ParameterizedTest
  @MethodSource("ofConverted")
  void items_ofConvertedRecords_areTheHarness(String file) throws IOException {
    assertThat(items(file, "converted")).isEqualTo(expectations(file));
  }

  /** The files' names end in how shots are written: as turns of their own, or in one message. */
  @ParameterizedTest
  @MethodSource("ofChats")
  void items_byAChatTemplate_areTheHarness(String file) throws IOException {
    int cut = file.lastIndexOf('-');
    BenchmarkTask task =
        task(file.substring(0, cut))
            .withChat(HarnessPromptsTest::rendered, file.endsWith("-turns"));
    ImmutableList<JsonNode> wanted =
        DataDirectory.open(FOLDER.resolve(CHATS)).records(file + ".jsonl", RecordLayout.NAMED);
    assertThat(questions(task, "original").subList(0, wanted.size())).isEqualTo(wanted);
  }

  static ImmutableList<String> ofChats() throws IOException {
    return names(CHATS);
  }

  private static String rendered(ImmutableList<ChatTurn> turns, boolean continuesLast) {
    String text =
        turns.stream()
            .map(turn -> "<%s>%s</>".formatted(turn.role(), turn.content()))
            .collect(joining());
    return continuesLast ? text.substring(0, text.length() - "</>".length()) : text + "<assistant>";
  }

  static ImmutableList<String> expected() throws IOException {
    return names("expected");
  }

  private static ImmutableList<String> names(String folder) throws IOException {
    try (Stream<Path> files = Files.list(FOLDER.resolve(folder))) {
      return files
          .map(file -> file.getFileName().toString().replace(".jsonl", ""))
          .sorted()
          .collect(ImmutableList.toImmutableList());
    }
  }

  static ImmutableList<String> ofConverted() {
    return ImmutableList.of(
        "arc_easy-0",
        "arc_challenge-0",
        "piqa-0",
        "openbookqa-0",
        "boolq-0",
        "copa-0",
        "winogrande-0",
        "lambada_openai-0",
        "truthfulqa_mc1-0",
        "truthfulqa_mc2-0",
        "mmlu_anatomy-0",
        "mmlu_anatomy-5",
        "mmlu_us_foreign_policy-2",
        "blimp_causative-0",
        "gsm8k-5");
  }

  private static ImmutableList<JsonNode> expectations(String file) throws IOException {
    return DataDirectory.open(FOLDER.resolve("expected"))
        .records(file + ".jsonl", RecordLayout.NAMED);
  }

  private static ImmutableList<JsonNode> items(String file, String data) throws IOException {
    return questions(task(file), data);
  }

  private static BenchmarkTask task(String file) {
    int cut = file.lastIndexOf('-');
    return Tasks.find(file.substring(0, cut))
        .orElseThrow()
        .withShots(Integer.parseInt(file.substring(cut + 1)));
  }

  private static ImmutableList<JsonNode> questions(BenchmarkTask task, String data)
      throws IOException {
    return task.items(DataDirectory.open(FOLDER.resolve(data))).stream()
        .map(item -> json(item.question()))
        .collect(ImmutableList.toImmutableList());
  }

  private static JsonNode json(Question question) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    if (question instanceof Question.Generation generation) {
      return json.put("prompt", generation.prompt()).put("target", generation.target());
    }
    Question.Choices choices = (Question.Choices) question;
    ArrayNode pairs = json.putArray("pairs");
    choices.pairs().forEach(pair -> pairs.addArray().add(pair.context()).add(pair.continuation()));
    return json.put("gold", choices.right().get(0));
  }
}
