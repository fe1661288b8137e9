/**
 * Programs to run and to copy from, each shorter than 100 lines.
 *
 * <p>{@link org.nemotron.examples.Main} is the command line that holds them together.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.examples;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
