/**
 * Answers of a given form: a choice of texts, a regular expression, JSON, JSON of a schema.
 *
 * <p>{@link org.nemotron.runtime.grammar.GrammarCompiler} turns an {@link
 * org.nemotron.runtime.grammar.AnswerFormat} into a constraint on the tokens of an answer.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.runtime.grammar;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
