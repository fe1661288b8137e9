/**
 * From the logits of one position to the next token.
 *
 * <p>{@link org.nemotron.runtime.sampling.SamplingParams} are the parameters of a request; a {@link
 * org.nemotron.runtime.sampling.TokenSampler} chooses the tokens of one request by them. The
 * filters are those of Hugging Face transformers, in its order: repetition penalty, temperature,
 * top-k, top-p, min-p.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.runtime.sampling;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
