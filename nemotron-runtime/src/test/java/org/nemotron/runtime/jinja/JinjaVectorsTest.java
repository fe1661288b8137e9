package org.nemotron.runtime.jinja;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.time.LocalDateTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Compares with what Jinja2 3.1.6 renders of the same 10,000 templates, or that it fails
 * (src/test/resources/jinja, with the program that made them).
 */
final class JinjaVectorsTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String FAILS = "(an error)";

  @Test
  void render_jinja2sVectors_givesTheSameButForTheListedOnes() throws IOException {
    Map<String, String> found = new LinkedHashMap<>();
    List<JsonNode> vectors = JinjaVectors.read();
    assertThat(vectors).hasSize(10_000);
    for (int number = 0; number < vectors.size(); number++) {
      String expected = vectors.get(number).path("text").asText(FAILS);
      String outcome = outcome(vectors.get(number));
      boolean fails = outcome.startsWith("error: ");
      if (!(expected.equals(FAILS) ? fails : outcome.equals(expected))) {
        found.put(Integer.toString(number), outcome);
      }
    }
    assertThat(found).isEqualTo(differences());
  }

  private static String outcome(JsonNode vector) {
    try {
      return JinjaTemplate.parse(vector.get("template").asText())
          .render(JinjaVectors.variables(vector), () -> LocalDateTime.of(2026, 2, 3, 17, 8, 9));
    } catch (JinjaException e) {
      return "error: " + e.getMessage();
    }
  }

  /** What is refused by name here, or known to differ: see the README beside the file. */
  private static Map<String, String> differences() throws IOException {
    Map<String, String> differences = new LinkedHashMap<>();
    JSON.readTree(JinjaVectors.RESOURCES.resolve("differences.json").toFile())
        .properties()
        .forEach(entry -> differences.put(entry.getKey(), entry.getValue().asText()));
    return differences;
  }
}
