/** The command that puts benchmarks to models: what it opens, and how its results look. */
@NullMarked
@CheckReturnValue
package org.nemotron.examples.evaluation;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
