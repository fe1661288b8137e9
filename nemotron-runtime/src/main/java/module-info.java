/** Runs a parent or a child in-process: batching, KV cache, sampling, generation. */
module org.nemotron.runtime {
  requires static transitive com.google.errorprone.annotations;
  requires static transitive org.jspecify;
  requires com.fasterxml.jackson.core;
  requires com.fasterxml.jackson.databind;
  requires java.management;
  requires static io.prometheus.metrics.core;
  requires static io.prometheus.metrics.model;
  requires static io.prometheus.writer.text;
  requires static io.vertx.core;
  requires static langchain4j.core;
  requires transitive com.google.common;
  requires transitive org.nemotron.core;

  exports org.nemotron.runtime.cache;
  exports org.nemotron.runtime.chat;
  exports org.nemotron.runtime.engine;
  exports org.nemotron.runtime.eval;
  exports org.nemotron.runtime.grammar;
  exports org.nemotron.runtime.langchain4j;
  exports org.nemotron.runtime.metrics;
  exports org.nemotron.runtime.sampling;
  exports org.nemotron.runtime.server;
  exports org.nemotron.runtime.text;
}
