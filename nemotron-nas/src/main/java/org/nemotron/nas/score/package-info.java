/**
 * Stage 3, scores: the degradation of the parent when one block is replaced.
 *
 * <p>Entry type: {@link org.nemotron.nas.score.BlockScorer}, which fills a {@link
 * org.nemotron.nas.score.ScoreTable}. A {@link org.nemotron.nas.score.Score} holds the degradation
 * of one replacement: the divergence of the predictions (KL), the increase of the loss and the drop
 * of the accuracy, against the parent. The search minimizes the sum of one of them as its
 * <em>score</em>.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.nas.score;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
