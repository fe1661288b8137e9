/**
 * The model on whole sequences, written to be read: parent and child are one class with one forward
 * pass. Distillation, scoring and evaluation run it.
 *
 * <p>Start at {@link org.nemotron.core.nn.HeterogeneousModel}; its blocks follow the {@code
 * BlockSpec} of their layer. Serving runs the same weights in steps: {@code core.inference}.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.core.nn;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
