/**
 * What all published modules promise together: their API, the kinds of their values, their words.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.examples.published;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
