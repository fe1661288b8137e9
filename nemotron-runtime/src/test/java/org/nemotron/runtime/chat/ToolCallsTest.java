package org.nemotron.runtime.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nemotron.runtime.grammar.AnswerFormat;

/** Calls of tools in the model's turn: whole, in pieces, and what only looks like one. */
final class ToolCallsTest {
  private static final String TOOLS =
      """
      [{"type": "function", "function": {"name": "weather", "parameters":
          {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}},
       {"type": "function", "function": {"name": "time"}}]
      """;

  /** Writes parts as text: calls as name(arguments), whose ids must differ. */
  private static String written(List<AnswerPart> parts) {
    StringBuilder written = new StringBuilder();
    List<String> ids = new ArrayList<>();
    int open = -1;
    for (AnswerPart part : parts) {
      if (part instanceof AnswerPart.CallArguments arguments) {
        assertThat(arguments.index()).isEqualTo(open);
        assertThat(arguments.json()).isNotEmpty();
        written.append(arguments.json());
      } else if (part instanceof AnswerPart.CallBegin begin) {
        assertThat(begin.index()).isEqualTo(ids.size());
        assertThat(ids).doesNotContain(begin.id());
        ids.add(begin.id());
        open = begin.index();
        written.append('«').append(begin.name()).append('»');
      } else if (part instanceof AnswerPart.Text text) {
        assertThat(text.text()).isNotEmpty();
        written.append('[').append(text.text()).append(']');
      }
    }
    return written.toString().replace("][", "");
  }

  private static String whole(ToolConvention convention, String turn) {
    ToolCallParser parser = convention.parser(TOOLS);
    return written(
        ImmutableList.<AnswerPart>builder()
            .addAll(parser.push(turn))
            .addAll(parser.finish())
            .build());
  }

  private static String pieces(ToolConvention convention, String turn, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    ToolCallParser parser = convention.parser(TOOLS);
    List<AnswerPart> parts = new ArrayList<>();
    for (int from = 0; from < turn.length(); ) {
      int to = Math.min(turn.length(), from + random.nextInt(4));
      parts.addAll(parser.push(turn.substring(from, to)));
      from = to;
    }
    parts.addAll(parser.finish());
    return written(parts);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '¦',
      quoteCharacter = '\0',
      value = {
        "LLAMA  ¦ {\"name\": \"weather\", \"parameters\": {\"city\": \"R}o\\\"m\"}}"
            + " ¦ «weather»{\"city\": \"R}o\\\"m\"}",
        "LLAMA  ¦ <|python_tag|>{\"name\": \"time\", \"parameters\": {}} ¦ «time»{}",
        "LLAMA  ¦ {\"type\": \"function\", \"name\": \"time\"} ¦ «time»{}",
        "LLAMA  ¦ {\"parameters\": {\"city\": [1, {}]}, \"name\": \"weather\"}"
            + " ¦ «weather»{\"city\": [1, {}]}",
        "LLAMA  ¦ {\"name\": \"time\", \"parameters\": {}}; {\"name\": \"weather\","
            + " \"parameters\": {\"city\": \"x\"}} ¦ «time»{}«weather»{\"city\": \"x\"}",
        "LLAMA  ¦ {\"name\": \"Bob\", \"age\": 3} ¦ [{\"name\": \"Bob\", \"age\": 3}]",
        "LLAMA  ¦ {\"city\": \"Rome\"} ¦ [{\"city\": \"Rome\"}]",
        "LLAMA  ¦ Say {\"name\": \"time\", \"parameters\": {}}"
            + " ¦ [Say {\"name\": \"time\", \"parameters\": {}}]",
        "LLAMA  ¦ {\"na ¦ [{\"na]",
        "LLAMA  ¦ {a: 1} ¦ [{a: 1}]",
        "HERMES ¦ <tool_call>{\"name\": \"time\", \"arguments\": {}}</tool_call> ¦ «time»{}",
        "HERMES ¦ Well: <tool_call> {\"name\": \"weather\", \"arguments\": {\"city\": \"ü\"}}"
            + " </tool_call> <tool_call>{\"name\": \"time\", \"arguments\": {}}</tool_call>"
            + " ¦ [Well: ]«weather»{\"city\": \"ü\"}«time»{}",
        "HERMES ¦ a <tool <tool_cal <<tool_call>{\"name\": \"time\"}</tool_call> b"
            + " ¦ [a <tool <tool_cal <]«time»{}[ b]",
        "HERMES ¦ <tool_call>{\"name\": \"none\"}</tool_call>"
            + " ¦ [<tool_call>{\"name\": \"none\"}</tool_call>]",
        "HERMES ¦ <tool_call>nothing</tool_call> ¦ [<tool_call>nothing</tool_call>]",
        "HERMES ¦ 1 < 2 ¦ [1 < 2]",
        "HERMES ¦ ends with <tool_c ¦ [ends with <tool_c]"
      })
  void parse_turn_isTheSameWholeAndInPieces(
      ToolConvention convention, String turn, String expected) {
    assertThat(whole(convention, turn)).isEqualTo(expected);
    for (long seed = 0; seed < 40; seed++) {
      assertThat(pieces(convention, turn, seed)).isEqualTo(expected);
    }
  }

  /** Name and id come first, then the arguments as they are generated. */
  @Test
  void push_argumentsUnderWay_comeBeforeTheCallIsWhole() {
    ToolCallParser parser = ToolConvention.HERMES.parser(TOOLS);
    assertThat(parser.push("<tool_call>\n{\"name\": \"wea")).isEmpty();
    assertThat(parser.push("ther\", ")).hasSize(1).first().isInstanceOf(AnswerPart.CallBegin.class);
    assertThat(parser.push("\"arguments\": {\"ci"))
        .containsExactly(new AnswerPart.CallArguments(0, "{\"ci"));
    assertThat(parser.push("ty\": 1}"))
        .containsExactly(new AnswerPart.CallArguments(0, "ty\": 1}"));
    assertThat(parser.push("}\n</tool_call>")).isEmpty();
    assertThat(parser.finish()).isEmpty();
    assertThat(parser.calls()).isEqualTo(1);
  }

  @Test
  void push_textThatMayBeginACall_isHeldBack() {
    ToolCallParser parser = ToolConvention.HERMES.parser(TOOLS);
    assertThat(parser.push("a<tool")).containsExactly(new AnswerPart.Text("a"));
    assertThat(parser.push("s")).containsExactly(new AnswerPart.Text("<tools"));
  }

  @Test
  void callOf_namesAndAll_areTheCallsOfTheConvention() {
    AnswerFormat time =
        AnswerFormat.framed(
            "{\"name\": \"time\", \"parameters\": ",
            AnswerFormat.jsonSchema("{\"type\": \"object\"}"),
            "}");
    assertThat(ToolConvention.LLAMA.callOf(TOOLS, Set.of("time")))
        .isEqualTo(AnswerFormat.anyOf(List.of(time)));
    assertThat(ToolConvention.HERMES.callOf(TOOLS, Set.of()))
        .isInstanceOfSatisfying(
            AnswerFormat.AnyOf.class, any -> assertThat(any.formats()).hasSize(2));
    assertThatThrownBy(() -> ToolConvention.LLAMA.callOf(TOOLS, Set.of("clock")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no tool has the name clock");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '¦',
      value = {
        "{{ '<tool_call>' }} ¦ HERMES",
        "{{ '<|python_tag|>' }} ¦ LLAMA",
        "Respond in the format {\"name\": function name, \"parameters\": ¦ LLAMA",
        "[TOOL_CALLS] ¦ "
      })
  void toolConvention_template_isRecognized(String source, ToolConvention expected) {
    String jinja = "{% raw %}" + source + "{% endraw %}";
    assertThat(ChatTemplate.of(jinja, Map.of()).toolConvention().orElse(null)).isEqualTo(expected);
  }

  @Test
  void withArgumentsAsJson_stringOfJson_isItsValue() {
    ChatMessage call =
        ChatMessage.parse(
            "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"function\":"
                + "{\"name\":\"a\",\"arguments\":\"{\\\"b\\\":1}\"}},{\"function\":"
                + "{\"name\":\"c\",\"arguments\":\"no JSON\"}}]}");
    assertThat(call.withArgumentsAsJson().toJson())
        .contains("\"arguments\":{\"b\":1}", "\"arguments\":\"no JSON\"");
  }
}
