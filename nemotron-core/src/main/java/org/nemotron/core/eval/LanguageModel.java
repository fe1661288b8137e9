package org.nemotron.core.eval;

import com.google.common.collect.ImmutableList;
import java.util.List;
import org.nemotron.core.text.Tokenizer;

/**
 * A model as a benchmark sees it: it scores given continuations and writes its own.
 *
 * <p>Results come in the order of the requests and do not depend on how they are batched.
 */
public interface LanguageModel {
  /** Returns the tokenizer whose ids the requests are made of. */
  Tokenizer tokenizer();

  /**
   * Returns the most tokens that the model reads at once. The last token of a continuation is
   * scored and not read: context and continuation together may have one more.
   */
  int maxLength();

  /** Returns the log-likelihood of every continuation given its context. */
  ImmutableList<Likelihood> logLikelihoods(List<LikelihoodRequest> requests);

  /** Returns the text that is written after every prompt. */
  ImmutableList<GeneratedText> generate(List<GenerationRequest> requests);
}
