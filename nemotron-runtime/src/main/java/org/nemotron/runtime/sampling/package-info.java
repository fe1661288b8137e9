/**
 * From the logits of one position to the next token.
 *
 * <p>{@link org.nemotron.runtime.sampling.SamplingParams} says how a request wants its tokens
 * chosen; a {@link org.nemotron.runtime.sampling.TokenSampler} chooses them, one request each. The
 * filters are those of Hugging Face transformers, in its order: repetition penalty, temperature,
 * top-k, top-p, min-p.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.runtime.sampling;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
