/**
 * Tasks put to models at length: in slices, with a log of items from which a run that was killed
 * goes on.
 *
 * <p>An {@link org.nemotron.core.eval.run.Evaluation} runs tasks; an {@link
 * org.nemotron.core.eval.run.ItemLog} keeps what the model answered.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.core.eval.run;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
