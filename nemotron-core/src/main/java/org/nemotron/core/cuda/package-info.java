/**
 * One CUDA GPU: {@link Gpu} and its memory, {@link CudaStream streams}, {@link CudaGraph captured
 * graphs}, {@link CudaModule kernels} compiled at run time, timers and page-locked memory. The
 * GPU's half of {@code core.tensor}; depends on no model. Exported to nemotron-nas only.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.core.cuda;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
