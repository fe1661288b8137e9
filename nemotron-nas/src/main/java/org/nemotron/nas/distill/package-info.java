/**
 * Stages 2 and 6, distillation: blocks learn to imitate their parent block, then the child its
 * parent.
 *
 * <p>Start at {@code LocalDistiller}, which trains every candidate of every layer from one pass of
 * the parent; {@code GlobalDistiller} trains the assembled child as a whole.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.nas.distill;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
