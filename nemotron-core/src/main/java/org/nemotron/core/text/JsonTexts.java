package org.nemotron.core.text;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonStreamContext;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/**
 * Recognizes JSON and JSON lines, by content or name: valid UTF-8 that would be learned as if it
 * were prose.
 *
 * <p>A text that turns into JSON lines further on is recognized by a sample of places over all that
 * is read of it: refused is one that is JSON lines at an eighth of them. A place counts if the
 * lines there, three in a row, are objects with keys; prose with examples of JSON now and then is
 * read.
 */
final class JsonTexts {
  private static final ImmutableSet<String> NAMES = ImmutableSet.of(".jsonl", ".ndjson", ".json");
  private static final int LOOK_CHARS = 1 << 16;

  /** So many tokens without a fault, and a text is JSON. */
  private static final int ENOUGH_TOKENS = 40;

  private static final int MOST_KEYS = 8;
  private static final int PLACES = 64;
  private static final int PLACES_OF_JSON = PLACES / 8;
  private static final int LINES_IN_A_ROW = 3;
  private static final JsonFactory FACTORY = new JsonFactory();

  private JsonTexts() {}

  /** Checks that {@code text} is not JSON. */
  static void checkIsNone(Path file, String text) throws IOException {
    Optional<Set<String>> keys = keys(text.substring(0, Math.min(text.length(), LOOK_CHARS)));
    boolean named = NAMES.stream().anyMatch(FileKinds.plainName(file)::endsWith);
    if (keys.isPresent() || (named && !text.isBlank())) {
      throw refusal(file, "holds JSON", keys, text.stripLeading().startsWith("["));
    }
    int found = 0;
    for (int place = 1; place < PLACES; place++) {
      int at = text.indexOf('\n', (int) ((long) place * text.length() / PLACES)) + 1;
      Optional<Set<String>> there = at == 0 ? Optional.empty() : keysOfLines(text, at);
      if (there.isPresent() && ++found == PLACES_OF_JSON) {
        throw refusal(file, "turns into JSON lines further on", there, false);
      }
    }
  }

  private static IOException refusal(
      Path file, String what, Optional<Set<String>> keys, boolean isList) {
    return new IOException(
        file
            + " "
            + what
            + keys.filter(some -> !some.isEmpty())
                .map(some -> " (keys " + String.join(", ", some) + ")")
                .orElse("")
            + ", not text: it would be learned as if it were prose.\n"
            + (isList ? FileKinds.WRITE_TEXTS : FileKinds.AS_DOCUMENTS));
  }

  /** Returns the first keys where some lines from {@code begin} on are objects; else nothing. */
  private static Optional<Set<String>> keysOfLines(String text, int begin) throws IOException {
    Optional<Set<String>> keys = Optional.empty();
    int at = begin;
    for (int line = 0; line < LINES_IN_A_ROW; line++) {
      int end = text.indexOf('\n', at);
      String object = text.substring(at, end < 0 ? text.length() : end).strip();
      keys = object.endsWith("}") ? keys(object) : Optional.empty();
      if (keys.isEmpty() || keys.get().isEmpty() || end < 0) {
        return Optional.empty();
      }
      at = end + 1;
    }
    return keys;
  }

  /** Returns the first keys of an object, or of a list of objects; empty for anything else. */
  private static Optional<Set<String>> keys(String text) throws IOException {
    Set<String> keys = new LinkedHashSet<>();
    int tokens = 0;
    try (JsonParser parser = FACTORY.createParser(text)) {
      JsonToken token = parser.nextToken();
      if (token == JsonToken.START_ARRAY) {
        token = parser.nextToken();
      }
      if (token != JsonToken.START_OBJECT || parser.nextToken() != JsonToken.FIELD_NAME) {
        return Optional.empty();
      }
      JsonStreamContext object = parser.getParsingContext(); // reused for the next of this depth
      for (token = parser.currentToken(); token != null; token = parser.nextToken()) {
        if (token == JsonToken.FIELD_NAME
            && parser.getParsingContext() == object
            && keys.size() < MOST_KEYS) {
          keys.add(parser.currentName());
        }
        if (++tokens == ENOUGH_TOKENS) {
          break;
        }
      }
      return Optional.of(keys);
    } catch (JsonEOFException e) {
      return Optional.of(keys); // the part that is looked at ends within a value
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }
}
