/**
 * From chosen tokens to the text of an answer, piece by piece.
 *
 * <p>A {@link org.nemotron.runtime.text.TextStream} turns tokens into whole characters as they
 * come; {@link org.nemotron.runtime.text.StopStrings} ends the text at a stop string, wherever the
 * pieces divide it; {@link org.nemotron.runtime.text.EndTokens} reads which tokens end an answer.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.runtime.text;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
