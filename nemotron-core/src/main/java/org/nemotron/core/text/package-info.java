/**
 * From text to token batches: what the parent reads while the pipeline learns from it.
 *
 * <p>Start at {@code Tokenizer}. Batches are deterministic under a seed and can be resumed at any
 * step, so an interrupted run continues with the tokens it would have seen.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.core.text;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
