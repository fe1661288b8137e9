package org.nemotron.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.nemotron.runtime.grammar.AnswerFormat;
import org.nemotron.runtime.grammar.FormatException;
import org.nemotron.runtime.sampling.SamplingParams;

/** Answers of a given form from a model of random weights. */
final class StructuredAnswersTest {
  private static final JsonMapper JSON = new JsonMapper();

  private static final AnswerFormat PERSON =
      AnswerFormat.jsonSchema(
          """
          {"type": "object", "additionalProperties": false, "required": ["name", "age", "tags"],
           "properties": {
             "name": {"type": "string", "maxLength": 12},
             "age": {"type": "integer", "minimum": 0, "maximum": 130},
             "tags": {"type": "array", "maxItems": 3, "items": {"enum": ["a", "é", null]}}}}
          """);

  private static TextGenerator generator;

  @BeforeAll
  static void open() throws IOException {
    generator = SmallModel.generator(EngineSettings.builder().threads(1).build());
  }

  @AfterAll
  static void close() {
    generator.close();
  }

  private static GenerationRequest request(AnswerFormat format, long seed) {
    return GenerationRequest.continuing(new int[] {40, 50, 60 + (int) seed})
        .maxNewTokens(200)
        .sampling(SamplingParams.builder().seed(seed).frequencyPenalty(0.3).build())
        .constraint(generator.constraint(format))
        .build();
  }

  private static ImmutableList<GenerationRequest> requests() {
    return IntStream.range(0, 17)
        .mapToObj(
            i ->
                request(
                    i % 3 == 0
                        ? PERSON
                        : i % 3 == 1
                            ? AnswerFormat.regex("[a-f]{4}(-[0-9äö]{2,5}){3}")
                            : AnswerFormat.choice(List.of("left", "right", "straight on")),
                    i))
        .collect(ImmutableList.toImmutableList());
  }

  @Test
  void generateAll_formats_areKeptAndTheSameAlone() throws IOException {
    ImmutableList<GenerationRequest> requests = requests();
    ImmutableList<GenerationResult> together = generator.generateAll(requests);
    for (int i = 0; i < requests.size(); i++) {
      GenerationResult result = together.get(i);
      assertThat(result.finish()).as(result.text()).isEqualTo(FinishReason.COMPLETE);
      assertThat(result.tokens()).isEqualTo(generator.generate(requests.get(i)).tokens());
      switch (i % 3) {
        case 0 -> assertPerson(JSON.readTree(result.text()));
        case 1 -> assertThat(result.text()).matches("[a-f]{4}(-[0-9äö]{2,5}){3}");
        default -> assertThat(result.text()).isIn("left", "right", "straight on");
      }
    }
  }

  private static void assertPerson(JsonNode person) {
    assertThat(ImmutableList.copyOf(person.fieldNames())).containsExactly("name", "age", "tags");
    String name = person.path("name").asText();
    assertThat(name.codePointCount(0, name.length())).isLessThanOrEqualTo(12);
    assertThat(person.path("age").intValue()).isBetween(0, 130);
    assertThat(person.path("tags")).hasSizeLessThanOrEqualTo(3);
  }

  @Test
  void constraint_formatThatMayGoOn_endsWithAnEndToken() {
    GenerationRequest request =
        request(AnswerFormat.regex("a+"), 1).toBuilder().stopTokens(List.of(2)).build();
    GenerationResult result = generator.generate(request);
    assertThat(result.text()).matches("a+");
    assertThat(result.finish()).isIn(FinishReason.STOP_TOKEN, FinishReason.LENGTH);
  }

  @Test
  void constraint_schemaNotSupported_isRefusedWithItsPlace() {
    assertRefused(
        "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"array\",\"uniqueItems\":true}}}",
        "JSON schema, #/properties/a: the keyword uniqueItems is not supported");
    assertRefused(
        "{\"type\":\"object\",\"patternProperties\":{}}",
        "JSON schema, #: the keyword patternProperties is not supported");
    assertRefused(
        "{\"anyOf\":[{\"$ref\":\"#\"}]}",
        "JSON schema, #/anyOf/0: a reference that leads to itself is not supported");
    assertRefused(
        "{\"$ref\":\"http://example.org/x\"}",
        "JSON schema, #/$ref: the reference http://example.org/x, which is not local (#/…) is not"
            + " supported");
    assertRefused(
        "{\"oneOf\":[{\"type\":\"number\"},{\"type\":\"integer\"}]}",
        "JSON schema, #/oneOf: a oneOf whose parts 0 and 1 do not differ by type, by their values,"
            + " or by those of a required property is not supported");
    assertRefused(
        "{\"type\":\"number\",\"multipleOf\":3}",
        "JSON schema, #: the keyword multipleOf is not supported");
    assertRefused("{\"type\":", "the JSON schema is not JSON (");
    assertRefused(
        "{\"type\":\"string\"",
        "the JSON schema is not JSON (Unexpected end-of-input: expected close marker for Object"
            + " (start marker at line 1, column 1))");
    assertRefused(
        "{\"type\":\"integer\",\"maximum\":100000000000000000000}",
        "JSON schema, #/maximum: a limit (100000000000000000000) beyond 1e18 is not supported");
    assertRefused(
        "{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#\"}},\"required\":[\"a\"]}",
        "no text has this format: it contains itself without end");
    assertRefused(
        "{\"type\":\"string\",\"pattern\":\"(?<!a)b\"}",
        "JSON schema, #/pattern: the regular expression (?<!a)b has at character 3 look-around,"
            + " flags and conditions '(?', which is not supported");
  }

  private static void assertRefused(String schema, String sentence) {
    assertThatThrownBy(() -> generator.constraint(AnswerFormat.jsonSchema(schema)))
        .isInstanceOf(FormatException.class)
        .hasMessageStartingWith(sentence);
  }
}
