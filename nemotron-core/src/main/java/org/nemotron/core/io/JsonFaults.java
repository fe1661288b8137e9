package org.nemotron.core.io;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.util.regex.Pattern;

/** Faults of JSON in words for a sentence, without settings of the parser, which no user has. */
public final class JsonFaults {
  private static final Pattern PLACE =
      Pattern.compile("\\[Source: [^\\]]*?line: (\\d+), column: (\\d+)\\]");
  private static final Pattern SETTING =
      Pattern.compile(
          " \\([^()]*(?:DeserializationFeature|CoercionConfig|StreamReadFeature|StreamReadConstraints)"
              + "[^()]*(?:\\(\\))?[^()]*\\)");
  private static final Pattern TWICE = Pattern.compile("Duplicate field ['\"](.*?)['\"].*");
  private static final Pattern BEHIND = Pattern.compile("Trailing token .*");

  private JsonFaults() {}

  /** Returns what is wrong, for example {@code Unexpected end-of-input}. */
  public static String words(JsonProcessingException fault) {
    String words = PLACE.matcher(fault.getOriginalMessage()).replaceAll("line $1, column $2");
    words = SETTING.matcher(words).replaceAll("");
    words = TWICE.matcher(words).replaceAll("the key $1 is there twice");
    return BEHIND.matcher(words).replaceAll("there is more behind the end of the value");
  }
}
