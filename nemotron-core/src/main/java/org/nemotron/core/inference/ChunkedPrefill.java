package org.nemotron.core.inference;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import org.nemotron.core.inference.SequenceChunk.Output;

/**
 * The steps in which a batch of prompts is read: as few as the rows of a step allow, each prompt
 * cut between pages only, so that the cut changes no bit of what {@link InferenceModel} computes.
 */
public final class ChunkedPrefill {
  /** How many rows a step usually has: enough for products to run at full speed. */
  public static final int USUAL_ROWS = 512;

  private final int maxRows;
  private final ImmutableList.Builder<ForwardBatch> steps = ImmutableList.builder();
  private final List<SequenceChunk> current = new ArrayList<>();
  private int free;

  private ChunkedPrefill(int maxRows) {
    this.maxRows = maxRows;
    this.free = maxRows;
  }

  /**
   * Returns the steps.
   *
   * @param prompts one chunk each, however long; what is wanted of the last token only, the last
   *     piece wants
   * @param maxRows how many tokens a step may have, at least {@link KvPages#PAGE_TOKENS}
   */
  public static ImmutableList<ForwardBatch> of(Iterable<SequenceChunk> prompts, int maxRows) {
    checkArgument(
        maxRows >= KvPages.PAGE_TOKENS,
        "maxRows (%s) must be at least a page (%s)",
        maxRows,
        KvPages.PAGE_TOKENS);
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
        piece -= piece % KvPages.PAGE_TOKENS;
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
    boolean all = prompt.output() instanceof Output.AllLogits;
    return new SequenceChunk(
        prompt.pages(),
        prompt.start() + from,
        prompt.tokens().subArray(from, to),
        more && !all ? SequenceChunk.NOTHING : prompt.output());
  }

  private void endStep() {
    if (!current.isEmpty()) {
      steps.add(ForwardBatch.of(current));
      current.clear();
      free = maxRows;
    }
  }
}
