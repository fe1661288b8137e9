/**
 * Text in, token batches out: the data that a model is calibrated, trained and measured with.
 *
 * <p>{@link org.nemotron.core.text.TextFiles} reads documents, {@link
 * org.nemotron.core.text.Tokenizer} turns text into token ids, {@link
 * org.nemotron.core.text.TokenCorpus} holds the ids of many documents, and {@link
 * org.nemotron.core.text.TokenBatches} cuts it into batches that are the same on every run.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.core.text;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
