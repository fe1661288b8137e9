/**
 * Types shared by the readers of checkpoints: checked JSON, mapped bytes, stored tensors, and the
 * exception that names the fault of a file.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.core.checkpoint.format;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
