/**
 * Benchmark tasks, comparable with those of lm-evaluation-harness: prompts, shots, metrics.
 *
 * <p>{@link org.nemotron.core.eval.task.Tasks} finds a {@link
 * org.nemotron.core.eval.task.BenchmarkTask} by its name; {@link
 * org.nemotron.core.eval.task.BenchmarkRun} has a model answer its items.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.core.eval.task;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
