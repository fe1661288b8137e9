/**
 * The model itself, written to be read: parent and child are one class with one forward pass.
 *
 * <p>Start at {@code HeterogeneousModel}; its blocks follow the {@code BlockSpec} of their layer.
 * Every later stage (distillation, scoring, measuring, generation) runs this code and no other.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.core.nn;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
