/**
 * The model in steps: serving runs it, and the cost tables measure it.
 *
 * <p>An {@link org.nemotron.core.inference.InferenceBackend} packs the tensors of a {@link
 * org.nemotron.core.inference.WeightSource} into an {@link
 * org.nemotron.core.inference.InferenceModel}. A session of it keeps keys and values; its step
 * takes a {@link org.nemotron.core.inference.ForwardBatch} and gives a {@link
 * org.nemotron.core.inference.StepOutput}: data in, data out. The backends themselves: {@code
 * core.backend}.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.core.inference;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
