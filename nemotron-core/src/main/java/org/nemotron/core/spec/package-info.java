/**
 * Architecture as data: the spec of every layer of a model, without weights.
 *
 * <p>All other packages use these records. Start at {@code BlockSpec}, one layer; {@code ModelSpec}
 * is a whole model. Nothing here touches native memory, so search and cost logic that is built on
 * it runs and is tested without LibTorch.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.core.spec;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
