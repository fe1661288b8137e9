/**
 * The owners of the KV cache's pages, without a tensor.
 *
 * <p>{@link org.nemotron.runtime.cache.PagePool} assigns pages of a fixed number of tokens; {@link
 * org.nemotron.runtime.cache.PagedSequence} is the page table of one request. A page's id is the
 * same in every layer, whatever the layer stores per token.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.runtime.cache;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
