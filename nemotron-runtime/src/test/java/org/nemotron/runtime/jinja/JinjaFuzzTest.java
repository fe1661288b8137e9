package org.nemotron.runtime.jinja;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.LocalDateTime;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Damaged templates are rendered, or refused in a sentence: two of the vectors' templates cut and
 * joined, or one with characters changed.
 */
final class JinjaFuzzTest {
  private static final int MUTANTS = Integer.getInteger("fuzz.mutants", 1000);
  private static final long SEED = Long.getLong("fuzz.seed", 1);
  private static final String SIGNS = "{}%#-+()[]|~.,:*'\"\\ \n019azé🙂";

  @Test
  @Timeout(3600)
  void render_damagedTemplate_isRenderedOrRefused() throws IOException {
    List<JsonNode> vectors = JinjaVectors.read();
    SplittableRandom random = new SplittableRandom(SEED);
    int rendered = 0;
    for (int number = 0; number < MUTANTS; number++) {
      JsonNode vector = vectors.get(random.nextInt(vectors.size()));
      String mutant = mutant(random, vector, vectors.get(random.nextInt(vectors.size())));
      try {
        String text =
            JinjaTemplate.parse(mutant)
                .render(JinjaVectors.variables(vector), () -> LocalDateTime.of(2026, 2, 3, 4, 5));
        rendered += text.isEmpty() ? 0 : 1;
      } catch (JinjaException e) {
        assertThat(e).hasMessageMatching("(?s).+");
      } catch (RuntimeException | Error e) {
        throw new AssertionError(mutant, e);
      }
    }
    assertThat(rendered).isGreaterThan(MUTANTS / 20);
  }

  private static String mutant(SplittableRandom random, JsonNode vector, JsonNode other) {
    String template = vector.get("template").asText();
    StringBuilder text = new StringBuilder(template);
    if (random.nextInt(3) == 0) {
      String end = other.get("template").asText();
      text.setLength(random.nextInt(text.length() + 1));
      return text.append(end.substring(random.nextInt(end.length() + 1))).toString();
    }
    for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
      int at = random.nextInt(text.length() + 1);
      int end = Math.min(text.length(), at + random.nextInt(6));
      switch (random.nextInt(3)) {
        case 0 -> text.delete(at, end);
        case 1 -> text.insert(at, text.substring(at, end));
        default -> text.insert(at, SIGNS.charAt(random.nextInt(SIGNS.length())));
      }
    }
    return text.toString();
  }
}
