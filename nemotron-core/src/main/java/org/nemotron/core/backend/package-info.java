/**
 * The backends there are, made by {@link org.nemotron.core.backend.Backends}. The only exported
 * package above the CPU's and the GPU's code.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.core.backend;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
