/**
 * Stage 4, costs: the memory and time of each block for one scenario on one machine.
 *
 * <p>Start at {@code Scenario}. Memory is computed, latency is measured; both are in a {@code
 * CostTable} with the same keys as the scores.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.nas.cost;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
