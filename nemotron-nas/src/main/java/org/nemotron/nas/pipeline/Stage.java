package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.LongConsumer;

/**
 * One step of a run. Its result is stored in files; a later run for which it would be the same
 * reads them instead of doing the work. {@link StageStore#result} decides which.
 *
 * @param <T> the result
 */
interface Stage<T> {
  /** Who of several ranks works at a stage. */
  enum Workers {
    /** Rank 0, and no other knows of the result. */
    FIRST,
    /** Rank 0, for all, who wait and read the result. */
    FIRST_FOR_ALL,
    /** All, each at its part; all read the result. */
    ALL
  }

  /** Returns who works at it. */
  default Workers workers() {
    return Workers.FIRST;
  }

  /** Returns the name under which the result is stored and the listener is called. */
  String name();

  /** Returns all that the result depends on. */
  StageInputs dependencies() throws IOException;

  /** Returns how often the work reports progress. */
  long steps();

  /**
   * Does the work and returns the files that it has written.
   *
   * @param progress called after each step with the number of those done
   */
  ImmutableList<Path> work(LongConsumer progress) throws IOException;

  /**
   * Ends the run where the stored result met a value that is not finite and the plan wants a stop;
   * called before {@link #read}.
   *
   * @throws org.nemotron.core.tensor.NonFiniteException if the run ends here
   */
  default void checkFinite() throws IOException {}

  /** Returns the result from its files. */
  T read() throws IOException;
}
