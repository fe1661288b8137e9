/**
 * Generation in-process: batches of requests through a parent or a child, token by token.
 *
 * <p>This package knows the model of {@code org.nemotron.core.nn} and nothing of how it was
 * compressed.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.runtime.engine;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
