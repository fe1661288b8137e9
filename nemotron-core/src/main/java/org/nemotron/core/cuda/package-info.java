/**
 * One CUDA GPU as a program sees it: {@link Gpu} and its memory, {@link CudaStream streams}, {@link
 * CudaGraph captured graphs}, {@link CudaModule kernels} compiled at run time, times and
 * page-locked memory. The devices' half of {@code core.tensor}; knows nothing of models.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.core.cuda;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
