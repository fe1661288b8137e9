/**
 * Programs to run and to copy from: {@code Compress} makes a child in one call, {@code
 * ComposeByHand} stage by stage, {@code Generate} continues text with a model, {@code Export}
 * writes it for other engines, and {@link SearchOnATable} solves a search problem that stands in a
 * file.
 *
 * <p>{@link Main} is the command line that holds them together. Benchmarks have a package of their
 * own.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.examples;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
