/**
 * Types that the API of all formats shares: the exception that names the fault of a file, and the
 * element types of GGUF.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.core.checkpoint.format;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
