/** Files below their formats: checked JSON, mapped bytes, and tensors as they are stored. */
@NullMarked
@CheckReturnValue
package org.nemotron.core.checkpoint.file;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
