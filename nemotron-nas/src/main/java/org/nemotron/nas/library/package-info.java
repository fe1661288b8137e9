/**
 * Stage 1, the block library: which alternatives each layer may have, and their starting weights.
 *
 * <p>Start at {@code BlockLibrary}. A {@code SearchSpace} lists the alternatives; starting weights
 * are index sets into the parent's own weights until a later stage trains them.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.nas.library;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
