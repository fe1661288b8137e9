package org.nemotron.core.inference;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import org.nemotron.core.inference.SequenceChunk.LogitsWanted;

/**
 * The steps in which a batch of prompts is read: as few as the rows of a step allow, each prompt
 * cut between pages only, so that the cut changes no bit of what {@link InferenceModel} computes.
 */
public final class ChunkedPrefill {
  /** How many rows a step usually has: enough for products to run at full speed. */
  public static final int USUAL_ROWS = 512;

  private final int maxRows;
  private final ImmutableList.Builder<ImmutableList<SequenceChunk>> steps = ImmutableList.builder();
  private final List<SequenceChunk> current = new ArrayList<>();
  private int free;

  private ChunkedPrefill(int maxRows) {
    this.maxRows = maxRows;
    this.free = maxRows;
  }

  /**
   * Returns the steps.
   *
   * @param prompts one chunk each, however long; where the last token's logits are wanted, the last
   *     piece wants them
   * @param maxRows how many tokens a step may have, at least {@link KvCache#PAGE_TOKENS}
   */
  public static ImmutableList<ImmutableList<SequenceChunk>> of(
      Iterable<SequenceChunk> prompts, int maxRows) {
    checkArgument(
        maxRows >= KvCache.PAGE_TOKENS,
        "maxRows (%s) must be at least a page (%s)",
        maxRows,
        KvCache.PAGE_TOKENS);
    ChunkedPrefill made = new ChunkedPrefill(maxRows);
    prompts.forEach(made::add);
    made.endStep();
    return made.steps.build();
  }

  private void add(SequenceChunk prompt) {
    int length = prompt.tokens().length();
    int done = 0;
    while (done < length) {
      int piece = Math.min(length - done, free);
      if (piece < length - done) {
        piece -= piece % KvCache.PAGE_TOKENS;
      }
      if (piece == 0) {
        endStep();
      } else {
        current.add(piece(prompt, done, done + piece));
        free -= piece;
        done += piece;
      }
    }
  }

  private static SequenceChunk piece(SequenceChunk prompt, int from, int to) {
    boolean more = to < prompt.tokens().length();
    return new SequenceChunk(
        prompt.pages(),
        prompt.start() + from,
        prompt.tokens().subArray(from, to),
        more && prompt.logits() == LogitsWanted.LAST ? LogitsWanted.NONE : prompt.logits());
  }

  private void endStep() {
    if (!current.isEmpty()) {
      steps.add(ImmutableList.copyOf(current));
      current.clear();
      free = maxRows;
    }
  }
}
