/**
 * Stage 3, scores: how much the model degrades when one block is replaced.
 *
 * <p>Start at {@code BlockScorer}, which fills a {@code ScoreTable} with the divergence between
 * parent and parent-with-one-block-replaced.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.nas.score;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
