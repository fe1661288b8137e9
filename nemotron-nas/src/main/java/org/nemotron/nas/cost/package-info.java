/**
 * Stage 4, costs: what each block takes in memory and time for one scenario on one machine.
 *
 * <p>Start at {@code Scenario}. Memory is arithmetic, latency is measured; both meet in a {@code
 * CostTable} with the same keys as the scores.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.nas.cost;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
