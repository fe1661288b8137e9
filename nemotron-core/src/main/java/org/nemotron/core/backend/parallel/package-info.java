/**
 * Tensor parallelism within one process: {@link
 * org.nemotron.core.backend.parallel.TensorParallelBackend} has a thread and a {@link
 * org.nemotron.core.backend.parallel.RankBackend} for each rank, which hold the slices that their
 * {@link org.nemotron.core.backend.parallel.RankShare} names and go through every step together.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.core.backend.parallel;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
