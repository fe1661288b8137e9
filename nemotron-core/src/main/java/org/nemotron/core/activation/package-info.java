/**
 * The results of forward passes that training and scoring use: {@link
 * org.nemotron.core.activation.HiddenStates} between layers, layers streamed from host memory, and
 * comparisons of two models' logits in chunks.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.core.activation;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
