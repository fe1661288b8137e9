package org.nemotron.runtime.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.util.regex.Pattern;

/** What is wrong with a text that is not JSON, in words for its author. */
public final class JsonFaults {
  /** How Jackson writes a place, with a remark on its own settings where the source would be. */
  private static final Pattern PLACE =
      Pattern.compile("\\[Source: [^;\\]]*; line: (\\d+), column: (\\d+)]");

  private JsonFaults() {}

  /** Returns Jackson's sentence without remarks on its settings, and without the place. */
  public static String words(JsonProcessingException fault) {
    return PLACE.matcher(fault.getOriginalMessage()).replaceAll("line $1, column $2");
  }
}
