package org.nemotron.core.nn;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import org.nemotron.core.nn.StepSpan.LogitsWanted;

/**
 * The steps in which a batch of prompts is read: as few as the rows of a step allow, each prompt
 * cut between pages only, so that the cut changes no bit of what {@link InferenceModel} computes.
 */
public final class PromptSteps {
  /** How many rows a step usually has: enough for products to run at full speed. */
  public static final int USUAL_ROWS = 512;

  private final int maxRows;
  private final ImmutableList.Builder<ImmutableList<StepSpan>> steps = ImmutableList.builder();
  private final List<StepSpan> current = new ArrayList<>();
  private int free;

  private PromptSteps(int maxRows) {
    this.maxRows = maxRows;
    this.free = maxRows;
  }

  /**
   * Returns the steps.
   *
   * @param prompts one span each, however long; where the last token's logits are wanted, the last
   *     piece wants them
   * @param maxRows how many tokens a step may have, at least {@link KvMemory#PAGE_TOKENS}
   */
  public static ImmutableList<ImmutableList<StepSpan>> of(Iterable<StepSpan> prompts, int maxRows) {
    checkArgument(
        maxRows >= KvMemory.PAGE_TOKENS,
        "maxRows (%s) must be at least a page (%s)",
        maxRows,
        KvMemory.PAGE_TOKENS);
    PromptSteps made = new PromptSteps(maxRows);
    prompts.forEach(made::add);
    made.endStep();
    return made.steps.build();
  }

  private void add(StepSpan prompt) {
    int length = prompt.tokens().length();
    int done = 0;
    while (done < length) {
      int piece = Math.min(length - done, free);
      if (piece < length - done) {
        piece -= piece % KvMemory.PAGE_TOKENS;
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

  private static StepSpan piece(StepSpan prompt, int from, int to) {
    boolean more = to < prompt.tokens().length();
    return new StepSpan(
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
