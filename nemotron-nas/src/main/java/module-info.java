/**
 * The Puzzle pipeline: library, distillation, scores, costs, exact search, assembly and report.
 *
 * <p>OR-Tools, the last resort of the search, is optional and not named here: it has no module name
 * of its own, and that of its natives' jar is not legal. A program that wants it beside this module
 * has it on the class path and starts with {@code --add-reads org.nemotron.nas=ALL-UNNAMED}.
 */
module org.nemotron.nas {
  requires static transitive com.google.errorprone.annotations;
  requires static transitive org.jspecify;
  requires com.fasterxml.jackson.core;
  requires transitive com.fasterxml.jackson.databind;
  requires com.fasterxml.jackson.datatype.guava;
  requires transitive com.google.common;
  requires transitive org.nemotron.core;

  exports org.nemotron.nas.cost;
  exports org.nemotron.nas.distill;
  exports org.nemotron.nas.estimate;
  exports org.nemotron.nas.library;
  exports org.nemotron.nas.pipeline;
  exports org.nemotron.nas.report;
  exports org.nemotron.nas.report.html;
  exports org.nemotron.nas.score;
  exports org.nemotron.nas.search;
  exports org.nemotron.nas.shard;
}
