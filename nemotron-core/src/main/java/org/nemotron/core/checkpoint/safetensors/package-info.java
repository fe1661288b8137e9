/** The safetensors format, read by mapping and written tensor by tensor. */
@NullMarked
@CheckReturnValue
package org.nemotron.core.checkpoint.safetensors;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
