/**
 * The exact search: which alternative each layer gets, so that the summed harm is least and every
 * budget is respected.
 *
 * <p>Place in the pipeline: after the scores and the costs, before assembly; it needs neither, only
 * numbers, and can be used on a table from any source. Entry type: {@link
 * org.nemotron.nas.search.PuzzleSearch}, which turns a {@link
 * org.nemotron.nas.search.SearchProblem} into a {@link org.nemotron.nas.search.SearchOutcome}.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.nas.search;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
