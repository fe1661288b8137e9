/**
 * Steps on the CPU: a {@link org.nemotron.core.backend.cpu.ThreadTeam} with a thread per core, each
 * with its columns of every product, weights packed once, keys and values in pages of float32.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.core.backend.cpu;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
