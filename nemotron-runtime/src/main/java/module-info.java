/**
 * Runs a parent or a child in-process: batching, KV cache, sampling, generation.
 *
 * <p>Jinjava, which renders chat templates, is not named here: it has no module name of its own. It
 * stays on the class path, and a program that puts this module on the module path starts with
 * {@code --add-reads org.nemotron.runtime=ALL-UNNAMED}.
 */
module org.nemotron.runtime {
  requires static transitive com.google.errorprone.annotations;
  requires static transitive org.jspecify;
  requires com.fasterxml.jackson.core;
  requires com.fasterxml.jackson.databind;
  requires java.desktop; // Jinjava's API names java.beans
  requires org.apache.commons.lang3;
  requires transitive com.google.common;
  requires transitive org.nemotron.core;

  exports org.nemotron.runtime.cache;
  exports org.nemotron.runtime.chat;
  exports org.nemotron.runtime.engine;
  exports org.nemotron.runtime.metrics;
  exports org.nemotron.runtime.sampling;
  exports org.nemotron.runtime.text;
}
