/**
 * MT-Bench: what a model answers to 80 questions of two turns, and how another model grades that.
 *
 * <p>{@link org.nemotron.core.eval.mtbench.MtBench} has the questions, {@link
 * org.nemotron.core.eval.mtbench.MtBenchAnswers} the answers, {@link
 * org.nemotron.core.eval.mtbench.MtBenchJudge} asks for grades and comparisons, and {@link
 * org.nemotron.core.eval.mtbench.GradeSummary} and {@link
 * org.nemotron.core.eval.mtbench.PairSummary} make figures of them.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.core.eval.mtbench;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
