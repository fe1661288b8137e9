/**
 * Statistics of two models on the same items: differences, ratios and their intervals.
 *
 * <p>{@link org.nemotron.core.eval.stats.PairedItems} is the entry.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.core.eval.stats;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
