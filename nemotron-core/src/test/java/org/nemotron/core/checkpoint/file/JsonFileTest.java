package org.nemotron.core.checkpoint.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;

final class JsonFileTest {
  private static JsonFile json(String text) throws JsonProcessingException {
    return new JsonFile("x.json", new JsonMapper().readTree(text));
  }

  private static void assertRefused(ThrowingCallable asked, String sentence) {
    assertThatThrownBy(asked)
        .isInstanceOf(CheckpointFormatException.class)
        .hasMessage("x.json" + sentence);
  }

  @Test
  void count_wholeNumberInAnySpelling_isGiven() throws IOException {
    JsonFile file = json("{\"a\": 1, \"b\": 8192.0, \"c\": 2147483647}");
    assertThat(file.count("a")).isEqualTo(1);
    assertThat(file.count("b")).isEqualTo(8192);
    assertThat(file.count("c")).isEqualTo(Integer.MAX_VALUE);
    assertThat(file.optionalCount("d")).isEmpty();
    assertThat(json("{\"a\": [1, 2.0]}").counts("a")).containsExactly(1, 2);
  }

  @Test
  void count_anythingElse_isRefused() throws IOException {
    JsonFile file = json("{\"a\": 1.5, \"b\": 0, \"c\": 2147483648, \"d\": \"1\", \"e\": null}");
    assertRefused(() -> file.count("a"), ": a (1.5) must be a positive whole number");
    assertRefused(() -> file.count("b"), ": b (0) must be a positive whole number below 2^31");
    assertRefused(
        () -> file.count("c"), ": c (2147483648) must be a positive whole number below 2^31");
    assertRefused(() -> file.count("d"), ": d (\"1\") must be a positive whole number");
    assertRefused(() -> file.count("e"), ": e (null) must be a positive whole number");
    assertRefused(() -> file.count("f"), ": f is missing; it must be a positive whole number");
    assertRefused(() -> file.counts("a"), ": a (1.5) must be a list");
    assertRefused(
        () -> json("{\"a\": [1, \"x\"]}").counts("a"),
        ": a (\"x\") must be a positive whole number");
  }

  @Test
  void number_finite_isGivenAndNoOther() throws IOException {
    JsonFile file = json("{\"a\": 0.5, \"b\": 1e999, \"c\": \"1\", \"d\": null}");
    assertThat(file.number("a")).isEqualTo(0.5);
    assertThat(file.number("a", 2)).isEqualTo(0.5);
    assertThat(file.number("d", 2)).isEqualTo(2);
    assertThat(file.optionalNumber("e")).isEmpty();
    assertRefused(() -> file.number("b"), ": b (\"Infinity\") must be a number");
    assertRefused(() -> file.number("c"), ": c (\"1\") must be a number");
    assertRefused(() -> file.number("d"), ": d (null) must be a number");
    assertRefused(() -> file.number("e"), ": e is missing; it must be a number");
  }

  @Test
  void textAndFlag_ofAnotherKind_areRefused() throws IOException {
    JsonFile file = json("{\"a\": \"t\", \"b\": true, \"c\": 1, \"d\": null}");
    assertThat(file.text("a", "other")).isEqualTo("t");
    assertThat(file.text("d", "other")).isEqualTo("other");
    assertThat(file.flag("b", false)).isTrue();
    assertThat(file.flag("d", true)).isTrue();
    assertThat(file.flag("e", false)).isFalse();
    assertRefused(() -> file.text("c", ""), ": c (1) must be a text");
    assertRefused(() -> file.flag("c", true), ": c (1) must be true or false");
  }

  @Test
  void objects_inside_sayWhereTheyStand() throws IOException {
    JsonFile file = json("{\"a\": {\"b\": [{\"c\": 0}, 1]}}");
    assertThat(file.object("a").where()).isEqualTo("x.json, a");
    JsonFile good = json("{\"b\": [{\"c\": 0}, {\"c\": 2}]}");
    assertThat(good.objects("b")).hasSize(2);
    assertThat(good.objects("b").get(1).count("c")).isEqualTo(2);
    assertRefused(
        () -> good.objects("b").get(0).count("c"),
        ", b[0]: c (0) must be a positive whole number below 2^31");
    assertRefused(() -> file.object("a").objects("b"), ", a: b[1] (1) must be an object");
    assertRefused(() -> file.objects("a"), ": a ({\"b\":[{\"c\":0},1]}) must be a list");
    assertRefused(() -> file.object("z"), ": z is missing; it must be an object");
  }

  @Test
  void tokens_oneOrAListOrNone_areGivenWithoutNegativeOnes() throws IOException {
    JsonFile file =
        json("{\"a\": 0, \"b\": [3, -1, 4], \"c\": -1, \"d\": null, \"e\": 1.5, \"f\": [\"x\"]}");
    assertThat(file.tokens("a")).containsExactly(0);
    assertThat(file.tokens("b")).containsExactly(3, 4);
    assertThat(file.tokens("c")).isEmpty();
    assertThat(file.tokens("d")).isEmpty();
    assertThat(file.tokens("g")).isEmpty();
    assertRefused(() -> file.tokens("e"), ": e (1.5) must be a token id or a list of token ids");
    assertRefused(
        () -> file.tokens("f"), ": f ([\"x\"]) must be a token id or a list of token ids");
    assertRefused(
        () -> json("{\"a\": 4294967296}").tokens("a"),
        ": a (4294967296) must be a token id or a list of token ids");
  }

  @Test
  void read_notUtf8_isRefused(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("x.json");
    Files.write(file, new byte[] {'{', '"', (byte) 0xFF, '"', ':', '1', '}'});
    assertThatThrownBy(() -> JsonFile.read(file))
        .isInstanceOf(CheckpointFormatException.class)
        .hasMessage(file + " is not valid UTF-8");
  }
}
