package org.nemotron.runtime.chat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.common.collect.ImmutableSet;

/**
 * Reads the JSON object of one call, character by character: the name once it is whole, the
 * arguments as they come. Not safe for use by several threads.
 */
final class CallScanner {
  private static final JsonMapper JSON = new JsonMapper();
  private static final ImmutableSet<String> NAME = ImmutableSet.of("name");
  private static final ImmutableSet<String> ARGUMENTS = ImmutableSet.of("arguments", "parameters");

  /** Where in the object the next character stands. */
  private enum Place {
    BEGIN,
    BEFORE_KEY,
    KEY,
    COLON,
    BEFORE_VALUE,
    VALUE,
    END,
    FAILED
  }

  private Place place = Place.BEGIN;
  private final StringBuilder token = new StringBuilder();
  private String key = "";
  private String name = "";

  /** Of the arguments, what has not been taken. */
  private final StringBuilder arguments = new StringBuilder();

  private boolean inString;
  private boolean escaped;
  private int depth;

  /** Reads a character. */
  void read(char next) {
    switch (place) {
      case BEGIN -> place = next == '{' ? Place.BEFORE_KEY : space(next, Place.BEGIN);
      case BEFORE_KEY -> beforeKey(next);
      case KEY -> key(next);
      case COLON -> place = next == ':' ? Place.BEFORE_VALUE : space(next, Place.COLON);
      case BEFORE_VALUE -> {
        if (!Character.isWhitespace(next)) {
          place = Place.VALUE;
          token.setLength(0);
          value(next);
        }
      }
      case VALUE -> value(next);
      case END, FAILED -> place = Place.FAILED;
    }
  }

  private static Place space(char next, Place stay) {
    return Character.isWhitespace(next) ? stay : Place.FAILED;
  }

  private void beforeKey(char next) {
    if (next == '"') {
      token.setLength(0);
      token.append(next);
      place = Place.KEY;
    } else if (next == '}') {
      place = Place.END;
    } else if (next != ',') {
      place = space(next, Place.BEFORE_KEY);
    }
  }

  private void key(char next) {
    token.append(next);
    if (next == '"' && !escaped) {
      place = Place.COLON;
      key = decoded();
    }
    escaped = next == '\\' && !escaped;
  }

  private void value(char next) {
    boolean bare = depth == 0 && !inString;
    if (bare && !token.isEmpty() && (next == ',' || next == '}' || Character.isWhitespace(next))) {
      endValue(); // a number, or a word
      if (next == '}' && place == Place.BEFORE_KEY) {
        place = Place.END;
      }
      return;
    }
    token.append(next);
    if (ARGUMENTS.contains(key)) {
      arguments.append(next);
    }
    if (inString) {
      inString = escaped || next != '"';
      escaped = next == '\\' && !escaped;
    } else if (next == '"') {
      inString = true;
    } else if (next == '{' || next == '[') {
      depth++;
    } else if (next == '}' || next == ']') {
      depth--;
    }
    boolean closes = next == '"' || next == '}' || next == ']';
    if (closes && depth == 0 && !inString) {
      endValue();
    }
  }

  private void endValue() {
    place = Place.BEFORE_KEY;
    if (NAME.contains(key)) {
      name = decoded();
    }
  }

  /** Returns the string that was read; empty where it is none. */
  private String decoded() {
    try {
      return JSON.readTree(token.toString()).asText();
    } catch (JsonProcessingException e) {
      place = Place.FAILED;
      return "";
    }
  }

  /** Returns whether it cannot be a call. */
  boolean hasFailed() {
    return place == Place.FAILED;
  }

  /** Returns whether the object is whole. */
  boolean isWhole() {
    return place == Place.END;
  }

  /** Returns the name of the tool; empty while it is not known. */
  String name() {
    return name;
  }

  /** Returns the next piece of the arguments, which may be empty. */
  String takeArguments() {
    String piece = arguments.toString();
    arguments.setLength(0);
    return piece;
  }
}
