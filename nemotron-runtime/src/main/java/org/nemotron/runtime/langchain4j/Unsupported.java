package org.nemotron.runtime.langchain4j;

import dev.langchain4j.exception.UnsupportedFeatureException;

/** What is refused by name, in the words of LangChain4j. */
final class Unsupported {
  private Unsupported() {}

  static UnsupportedFeatureException feature(String what, String why) {
    return new UnsupportedFeatureException(what + " is not supported: " + why);
  }
}
