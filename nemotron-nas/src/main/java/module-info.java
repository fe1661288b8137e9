/** The Puzzle pipeline: library, distillation, scores, costs, exact search, assembly and report. */
module org.nemotron.nas {
  requires static transitive com.google.errorprone.annotations;
  requires static transitive org.jspecify;
  requires com.fasterxml.jackson.databind;
  requires ortools.java;
  requires transitive com.google.common;
  requires transitive org.nemotron.core;
}
