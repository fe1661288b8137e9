/** The command that trains a small model from its beginning, to be a parent. */
@NullMarked
@CheckReturnValue
package org.nemotron.examples.pretraining;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
