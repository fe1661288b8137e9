package org.nemotron.runtime.engine;

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
  private final PagedSequence pages;
  private int read;

  ActiveRequest(Job job, PagedSequence pages) {
    this.job = job;
    this.pages = pages;
    this.read = pages.sharedTokens();
  }

  Job job() {
    return job;
  }

  PagedSequence pages() {
    return pages;
  }

  /** Returns how many tokens of the prompt are still to be read. */
  int promptLeft() {
    return Math.max(0, job.prompt().length() - read);
  }

  /**
   * Returns how many tokens of the prompt to read when there is room for {@code most}: all that are
   * left, or up to the end of a page, so that where a prompt is cut does not change its results.
   */
  int promptPiece(int most) {
    if (promptLeft() <= most) {
      return promptLeft();
    }
    int end = (read + most) / KvPages.PAGE_TOKENS * KvPages.PAGE_TOKENS;
    return Math.max(0, end - read);
  }

  /**
   * Returns the next {@code tokens} of the prompt.
   *
   * @param samples whether the model samples the token behind the last, where the job lets it
   */
  SequenceChunk promptChunk(int tokens, boolean samples) {
    int end = read + tokens;
    return new SequenceChunk(
        pages.pages(), read, job.prompt().subArray(read, end), output(end, samples));
  }

  private Output output(int end, boolean samples) {
    if (end <= job.wantedFrom()) {
      return SequenceChunk.NOTHING;
    }
    boolean onlyLast = job.wantedFrom() == job.prompt().length() - 1;
    return onlyLast ? nextToken(samples) : SequenceChunk.ALL_LOGITS;
  }

  /** Returns the token chosen last; {@code samples} is as for {@link #promptChunk}. */
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
    if (read < job.prompt().length()) {
      pages.append(chunk.tokens());
    }
    read += chunk.tokens().length();
  }
}
