/**
 * The model itself, written to be read: parent and child are one class with one forward pass.
 *
 * <p>Start at {@code HeterogeneousModel}; its blocks follow the {@code BlockSpec} of their layer.
 * Distillation, scoring and evaluation run it on whole sequences. {@code InferenceModel} is the
 * same model in steps, on the CPU: serving and the measurement of costs run this code and no other.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.core.nn;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
