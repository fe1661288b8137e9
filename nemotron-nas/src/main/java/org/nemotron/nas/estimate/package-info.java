/**
 * The bill of a run before it begins: work, time and memory by stage, from formulas and measured
 * rates.
 *
 * <p>Start at {@code Estimate}. The stages give their work as {@code Work}, {@code MachineRates}
 * turns it into seconds; nothing here runs a model.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.nas.estimate;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
