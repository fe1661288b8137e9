package org.nemotron.core.eval;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.primitives.ImmutableIntArray;

/**
 * A continuation whose log-likelihood is asked for.
 *
 * @param context the token ids before it, at least one
 * @param continuation the token ids that are scored, at least one
 */
public record LikelihoodRequest(ImmutableIntArray context, ImmutableIntArray continuation) {
  /** Checks that neither part is empty. */
  public LikelihoodRequest {
    checkArgument(!context.isEmpty(), "the context must have a token");
    checkArgument(!continuation.isEmpty(), "the continuation must have a token");
  }
}
