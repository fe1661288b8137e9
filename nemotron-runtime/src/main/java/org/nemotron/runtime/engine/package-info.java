/**
 * Generation in-process: batches of requests through a parent or a child, token by token.
 *
 * <p>{@link org.nemotron.runtime.engine.TextGenerator} is the entry; it runs parents and children
 * alike, without a dependency on their compression.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.runtime.engine;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
