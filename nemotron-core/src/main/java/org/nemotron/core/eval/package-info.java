/**
 * Benchmarks: tasks with their prompts and metrics, models that answer them, and statistics.
 *
 * <p>A {@link org.nemotron.core.eval.LanguageModel} answers requests of token ids.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.core.eval;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
