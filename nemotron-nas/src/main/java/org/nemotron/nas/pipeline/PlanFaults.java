package org.nemotron.nas.pipeline;

import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.google.common.base.Strings;
import java.util.Arrays;
import java.util.Collection;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.nemotron.core.io.JsonFaults;

/** What is wrong with a value of a plan's file: in the plan's own words, where it has some. */
final class PlanFaults {
  private static final Pattern NULL = Pattern.compile("Cannot map `null` into type .*");
  private static final Pattern MISSING =
      Pattern.compile("Missing (?:required )?creator property ['\"](.*?)['\"].*");

  private PlanFaults() {}

  /** Returns where a value is and what it must be. */
  static String sentence(JsonMappingException fault) {
    String path =
        fault.getPath().stream()
            .map(step -> step.getFieldName() == null ? "" + step.getIndex() : step.getFieldName())
            .collect(Collectors.joining("."));
    return path.isEmpty() ? rule(fault) : path + ": " + rule(fault);
  }

  private static String rule(JsonMappingException fault) {
    if (fault.getCause() instanceof IllegalArgumentException cause) {
      return Strings.nullToEmpty(cause.getMessage());
    }
    String words = JsonFaults.words(fault);
    Matcher missing = MISSING.matcher(words);
    if (missing.lookingAt()) {
      return "must have the key " + missing.group(1);
    }
    if (NULL.matcher(words).lookingAt()) {
      return "must not be null";
    }
    return fault instanceof MismatchedInputException mismatch && mismatch.getTargetType() != null
        ? kind(mismatch, words)
        : words;
  }

  private static String kind(MismatchedInputException fault, String otherwise) {
    Class<?> type = fault.getTargetType();
    String value =
        fault instanceof InvalidFormatException format ? ", not " + format.getValue() : "";
    if (type.isEnum()) {
      return "must be one of " + Arrays.toString(type.getEnumConstants()) + value;
    }
    if (type == int.class || type == Integer.class || type == long.class || type == Long.class) {
      return "must be a whole number" + value;
    }
    if (type == double.class || type == Double.class) {
      return "must be a number" + value;
    }
    if (type == boolean.class || type == Boolean.class) {
      return "must be true or false" + value;
    }
    if (type == String.class) {
      return "must be a text" + value;
    }
    if (Collection.class.isAssignableFrom(type)) {
      return "must be a list" + value;
    }
    return type.isRecord() ? "must be an object" + value : otherwise;
  }
}
