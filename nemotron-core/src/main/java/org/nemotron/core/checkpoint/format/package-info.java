/**
 * What the readers of checkpoints share: checked JSON, mapped bytes, tensors as they are stored,
 * and the exception that names what is wrong with a file.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.core.checkpoint.format;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
