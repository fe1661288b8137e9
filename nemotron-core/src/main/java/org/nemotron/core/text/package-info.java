/**
<<<<<<< HEAD
 * From text to token batches: what the parent reads while the pipeline learns from it.
 *
 * <p>Start at {@code Tokenizer}. Batches are deterministic under a seed and can be resumed at any
 * step, so an interrupted run continues with the tokens it would have seen.
=======
 * Text in, token batches out: what calibrates, trains and measures a model.
 *
 * <p>{@link org.nemotron.core.text.TextFiles} reads documents, {@link
 * org.nemotron.core.text.Tokenizer} turns text into token ids, {@link
 * org.nemotron.core.text.TokenCorpus} holds the ids of many documents, and {@link
 * org.nemotron.core.text.TokenBatches} cuts it into batches that are the same on every run.
>>>>>>> main
 */
@NullMarked
@CheckReturnValue
package org.nemotron.core.text;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
