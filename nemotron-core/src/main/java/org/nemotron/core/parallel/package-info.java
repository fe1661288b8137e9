/**
 * Tensor parallelism: one model computed by several ranks, each with a slice of every layer, also
 * where layers differ.
 *
 * <p>Which rank holds what is arithmetic: {@link org.nemotron.core.parallel.TensorParallel} divides
 * a sub-block, {@link org.nemotron.core.parallel.SlicePlan} a model. {@link
 * org.nemotron.core.parallel.TensorParallelModel} is the reference that computes with the slices on
 * the CPU; {@code CheckpointWeights} reads them from a checkpoint.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.core.parallel;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
