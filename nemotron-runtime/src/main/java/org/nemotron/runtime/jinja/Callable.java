package org.nemotron.runtime.jinja;

/** What a template calls. */
sealed interface Callable extends Value permits Method, Macro, LoopValue, Cycler, Joiner {
  @Override
  Value call(Arguments arguments, Rendering rendering);
}
