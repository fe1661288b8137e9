/**
 * The backends of the CPU and of CUDA, made by {@link org.nemotron.core.backend.Backends}: an
 * exported package above the backends, so that {@code core.inference} does not depend on them.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.core.backend;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
