/**
 * Data as people have it, tokenized once: files of documents in, a token store on disk out, of
 * which only the parts that are read are in memory.
 *
 * <p>A {@link org.nemotron.core.data.DocumentSource} names files and what is a document in them,
 * {@link org.nemotron.core.data.TokenStoreWriter} tokenizes the documents of several sources into a
 * directory, and {@link org.nemotron.core.data.TokenStore} gives {@link
 * org.nemotron.core.text.TokenWindows} of it to {@link org.nemotron.core.text.TokenBatches}.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.core.data;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
