package org.nemotron.nas.cost;

import com.google.common.collect.ImmutableList;
import org.nemotron.core.inference.ForwardBatch;

/** Some parts of a model, ready to be timed by the steps that generation takes. */
interface Probe extends AutoCloseable {
  /** Runs {@code steps} and returns how long each part took, in nanoseconds, over all of them. */
  long[] nanos(ImmutableList<ForwardBatch> steps);

  /** Returns the steps of the scenario. */
  ScenarioSteps steps();

  @Override
  void close();
}
