/** Runs a parent or a child in-process: batching, KV memory, sampling, generation. */
module org.nemotron.runtime {
  requires static transitive com.google.errorprone.annotations;
  requires static transitive org.jspecify;
  requires transitive com.google.common;
  requires transitive org.nemotron.core;

  exports org.nemotron.runtime.sampling;
}
