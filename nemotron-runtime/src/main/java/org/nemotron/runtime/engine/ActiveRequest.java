package org.nemotron.runtime.engine;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.util.Optional;
import org.nemotron.core.inference.KvPages;
import org.nemotron.core.inference.SequenceChunk;
import org.nemotron.core.inference.SequenceChunk.Output;
import org.nemotron.core.inference.TokenSampling;
import org.nemotron.runtime.cache.PagedSequence;

/** An admitted request: its pages, and how many of its tokens have been read. */
final class ActiveRequest {
  private final Job job;
  private final ReadPlan plan;
  private final PagedSequence pages;
  private int read;

  ActiveRequest(Job job, ReadPlan plan, PagedSequence pages) {
    this.job = job;
    this.plan = plan;
    this.pages = pages;
    this.read = pages.sharedTokens();
  }

  Job job() {
    return job;
  }

  PagedSequence pages() {
    return pages;
  }

  /** Returns how many tokens are to be read before the request goes on by itself. */
  int promptLeft() {
    return Math.max(0, plan.tokens().length() - read);
  }

  /** Takes the page of the token that is read next, if it is not there; whether it is then. */
  boolean tryGrow() {
    return pages.tryGrow(Math.max(plan.tokens().length(), read + 1));
  }

  /** Returns how it will grow, as {@code reservation} expects. */
  PageForecast.Growth growth(KvReservation reservation) {
    int context = Math.max(plan.tokens().length(), read);
    int left = plan.tokens().length() + plan.left() - context;
    int held = pages.pages().length();
    int shared = pages.sharedTokens() / KvPages.PAGE_TOKENS;
    return new PageForecast.Growth(context, reservation.expected(left), held, shared);
  }

  /**
   * Returns the chunks of the prompt that a step reads when there is room for {@code most} tokens:
   * all that is left, or up to the end of a page, so that where a prompt is cut does not change its
   * results; and one for each token that is read again one by one.
   *
   * @param samples whether the model samples the token behind the last, where the job lets it
   */
  ImmutableList<SequenceChunk> promptChunks(int most, boolean samples) {
    if (read < plan.replayFrom()) {
      int tokens = piece(most);
      return tokens == 0 ? ImmutableList.of() : ImmutableList.of(chunk(read, tokens, samples));
    }
    ImmutableList.Builder<SequenceChunk> chunks = ImmutableList.builder();
    int end = Math.min(read + most, plan.tokens().length());
    for (int position = read; position < end; position++) {
      chunks.add(chunk(position, 1, samples));
    }
    return chunks.build();
  }

  private int piece(int most) {
    int left = plan.replayFrom() - read;
    if (left <= most) {
      return left;
    }
    int end = (read + most) / KvPages.PAGE_TOKENS * KvPages.PAGE_TOKENS;
    return Math.max(0, end - read);
  }

  private SequenceChunk chunk(int from, int tokens, boolean samples) {
    int end = from + tokens;
    return new SequenceChunk(
        pages.pages(), from, plan.tokens().subArray(from, end), output(end, samples));
  }

  private Output output(int end, boolean samples) {
    if (end <= plan.wantedFrom()) {
      return SequenceChunk.NOTHING;
    }
    return plan.wantsLastOnly() ? nextToken(samples) : SequenceChunk.ALL_LOGITS;
  }

  /** Returns the token chosen last; {@code samples} is as for {@link #promptChunks}. */
  SequenceChunk tokenChunk(boolean samples) {
    return new SequenceChunk(
        pages.pages(), read, ImmutableIntArray.of(job.nextToken()), nextToken(samples));
  }

  /** Each choice is asked for once, since it draws. */
  private Output nextToken(boolean samples) {
    Optional<TokenSampling> choice = samples ? job.choice() : Optional.empty();
    return choice.<Output>map(Output.NextToken::new).orElse(SequenceChunk.LAST_LOGITS);
  }

  /**
   * Counts the tokens of {@code chunk} as read. Only a prompt's are offered to other requests: what
   * is computed token by token differs in the last bits.
   */
  void advance(SequenceChunk chunk) {
    if (read < plan.replayFrom()) {
      pages.append(chunk.tokens());
    }
    read += chunk.tokens().length();
  }
}
