/**
 * The model in steps: serving runs it, and the cost tables measure it.
 *
 * <p>An {@link org.nemotron.core.inference.InferenceBackend} packs a model's weights for one device
 * into an {@link org.nemotron.core.inference.InferenceModel}, whose steps read {@link
 * org.nemotron.core.inference.SequenceChunk chunks} of sequences with keys and values in a {@link
 * org.nemotron.core.inference.KvCache}. The backends are in {@code core.backend}.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.core.inference;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
