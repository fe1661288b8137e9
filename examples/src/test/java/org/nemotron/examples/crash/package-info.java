/**
 * Kills the main program at random moments, fills its disk, damages its files, and looks whether
 * the next run ends as if nothing had happened.
 *
 * <p>Start at {@code CrashHarness}; docs/TRUST.md says how to run it.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.examples.crash;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
