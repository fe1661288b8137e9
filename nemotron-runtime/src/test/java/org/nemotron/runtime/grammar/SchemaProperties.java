package org.nemotron.runtime.grammar;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.StringJoiner;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Random answers under random schemas parse and are valid. */
final class SchemaProperties {
  private static final JsonMapper JSON = new JsonMapper();

  private static final List<String> NAMES = List.of("a", "ab", "b\\\"c", "né", "type", "");

  /** Makes schemas that {@link PlainValidator} knows too. */
  private static final class Schemas {
    private final SplittableRandom random;

    Schemas(long seed) {
      this.random = new SplittableRandom(seed);
    }

    String root() {
      return "{\"$defs\":{\"node\":"
          + "{\"type\":\"object\",\"properties\":{\"next\":{\"anyOf\":[{\"$ref\":\"#/$defs/node\"},"
          + "{\"type\":\"null\"}]},\"v\":"
          + scalar()
          + "},\"required\":[\"next\"],\"additionalProperties\":false}},"
          + body(3).substring(1);
    }

    private String body(int depth) {
      int kind = depth == 0 ? 0 : random.nextInt(8);
      return switch (kind) {
        case 1, 2, 3 -> object(depth);
        case 4 -> array(depth);
        case 5 -> "{\"anyOf\":[" + body(depth - 1) + "," + scalar() + "]}";
        case 6 -> "{\"oneOf\":[" + object(depth) + ",{\"type\":[\"string\",\"null\"]}]}";
        case 7 -> "{\"$ref\":\"#/$defs/node\"}";
        default -> scalar();
      };
    }

    private String object(int depth) {
      StringJoiner properties = new StringJoiner(",");
      StringJoiner required = new StringJoiner(",");
      List<String> names = new ArrayList<>(NAMES);
      for (int i = random.nextInt(4); i > 0; i--) {
        String name = names.remove(random.nextInt(names.size()));
        properties.add("\"" + name + "\":" + body(depth - 1));
        if (random.nextBoolean()) {
          required.add("\"" + name + "\"");
        }
      }
      String others =
          switch (random.nextInt(3)) {
            case 0 -> "";
            case 1 -> ",\"additionalProperties\":false";
            default -> ",\"additionalProperties\":" + scalar();
          };
      return "{\"type\":\"object\",\"title\":\"t\",\"properties\":{"
          + properties
          + "},\"required\":["
          + required
          + "]"
          + others
          + "}";
    }

    private String array(int depth) {
      int least = random.nextInt(4);
      String most = random.nextBoolean() ? "" : ",\"maxItems\":" + (least + random.nextInt(3));
      return "{\"type\":\"array\",\"items\":"
          + body(depth - 1)
          + ",\"minItems\":"
          + least
          + most
          + "}";
    }

    private String scalar() {
      int low = random.nextInt(-1200, 1200);
      int high = low + 1 + random.nextInt(900);
      return switch (random.nextInt(12)) {
        case 0 -> "{\"type\":\"string\"}";
        case 1 -> "{\"type\":\"string\",\"minLength\":2,\"maxLength\":5}";
        case 2 -> "{\"type\":\"string\",\"pattern\":\"^[\\\"\\\\\\\\a\\\\n]{1,4}x?$\"}";
        case 3 -> "{\"type\":\"string\",\"pattern\":\"b+\"}";
        case 4 -> "{\"type\":\"integer\",\"minimum\":" + low + ",\"maximum\":" + high + "}";
        case 5 -> "{\"type\":\"number\",\"exclusiveMinimum\":" + low + ",\"maximum\":" + high + "}";
        case 6 -> "{\"type\":\"number\",\"minimum\":" + low + ",\"exclusiveMaximum\":" + high + "}";
        case 7 -> "{\"type\":[\"boolean\",\"null\",\"number\"]}";
        case 8 -> "{\"enum\":[1,\"two\",null,{\"three\":[3.5]},\"é\\\"\"]}";
        case 9 -> "{\"const\":\"fix\\n\"}";
        case 10 -> "{\"type\":\"integer\",\"exclusiveMinimum\":" + low + "}";
        default -> "{\"type\":\"integer\"}";
      };
    }
  }

  @Provide
  Arbitrary<String> schemas() {
    return Arbitraries.longs().map(seed -> new Schemas(seed).root());
  }

  @Property(tries = 120)
  void everyAnswerIsValid(@ForAll("schemas") String schema, @ForAll long seed)
      throws JsonProcessingException {
    String answer = RandomAnswers.draw(AnswerFormat.jsonSchema(schema), seed);
    JsonNode value = JSON.readTree(answer);
    assertThat(new PlainValidator(JSON.readTree(schema)).isValid(value))
        .as("%s under %s", answer, schema)
        .isTrue();
  }

  @Property(tries = 30)
  void everyObjectParses(@ForAll long seed) throws JsonProcessingException {
    String answer = RandomAnswers.draw(AnswerFormat.jsonObject(), seed);
    assertThat(JSON.readTree(answer).isObject()).as(answer).isTrue();
  }

  /** One token after another opens something, until nothing may be opened any more. */
  @Example
  void deepestObjectParses() throws JsonProcessingException {
    assertThat(JSON.readTree(RandomAnswers.deepest(AnswerFormat.jsonObject())).isObject()).isTrue();
  }

  /** On the JVM an offset beyond 18 hours, which RFC 3339 has, is none. */
  @Example
  void timesAreReadByJavaTime() {
    for (long seed = 0; seed < 200; seed++) {
      assertThat(OffsetDateTime.parse(drawn("date-time", seed))).isNotNull();
      assertThat(OffsetTime.parse(drawn("time", seed))).isNotNull();
    }
  }

  private static String drawn(String format, long seed) {
    String schema = "{\"type\":\"string\",\"format\":\"%s\"}".formatted(format);
    String quoted = RandomAnswers.draw(AnswerFormat.jsonSchema(schema), seed);
    return quoted.substring(1, quoted.length() - 1);
  }
}
