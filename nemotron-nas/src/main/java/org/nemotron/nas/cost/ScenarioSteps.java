package org.nemotron.nas.cost;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Lists;
import com.google.common.primitives.ImmutableIntArray;
import java.util.List;
import java.util.stream.IntStream;
import org.nemotron.core.inference.ChunkedPrefill;
import org.nemotron.core.inference.ForwardBatch;
import org.nemotron.core.inference.KvPages;
import org.nemotron.core.inference.SequenceChunk;

/**
 * The steps of a scenario, as generation takes them. Immutable.
 *
 * @param prefill reads all prompts
 * @param decode reads one token of each sequence, at the scenario's mean context
 * @param context reads all that a decode step finds in the cache
 * @param pages how many pages the sequences have together
 */
record ScenarioSteps(
    ImmutableList<ForwardBatch> prefill,
    ImmutableList<ForwardBatch> decode,
    ImmutableList<ForwardBatch> context,
    int pages) {
  /**
   * Returns the steps of {@code scenario}.
   *
   * @param vocabulary ids are below it
   * @param maxRows how many tokens a step may have
   */
  static ScenarioSteps of(Scenario scenario, int vocabulary, int maxRows) {
    int found = scenario.meanContextTokens();
    int pagesEach = KvPages.pagesFor(found + 1);
    ImmutableList.Builder<SequenceChunk> prompts = ImmutableList.builder();
    ImmutableList.Builder<SequenceChunk> tokens = ImmutableList.builder();
    ImmutableList.Builder<SequenceChunk> contexts = ImmutableList.builder();
    for (int sequence = 0; sequence < scenario.batch(); sequence++) {
      int first = sequence * pagesEach;
      ImmutableIntArray pages = ImmutableIntArray.copyOf(IntStream.range(first, first + pagesEach));
      ImmutableIntArray ids = ids(sequence, found, vocabulary);
      prompts.add(
          new SequenceChunk(
              pages, 0, ids.subArray(0, scenario.promptTokens()), SequenceChunk.LIKELIEST_TOKEN));
      tokens.add(
          new SequenceChunk(pages, found, ids.subArray(0, 1), SequenceChunk.LIKELIEST_TOKEN));
      contexts.add(new SequenceChunk(pages, 0, ids, SequenceChunk.NOTHING));
    }
    return new ScenarioSteps(
        ChunkedPrefill.of(prompts.build(), maxRows),
        partitioned(tokens.build(), maxRows),
        ChunkedPrefill.of(contexts.build(), maxRows),
        scenario.batch() * pagesEach);
  }

  private static ImmutableIntArray ids(int sequence, int count, int vocabulary) {
    return ImmutableIntArray.copyOf(
        IntStream.range(0, count)
            .map(position -> (int) ((31L * sequence + position) % vocabulary)));
  }

  private static ImmutableList<ForwardBatch> partitioned(List<SequenceChunk> chunks, int maxRows) {
    return Lists.partition(chunks, maxRows).stream()
        .map(ForwardBatch::of)
        .collect(ImmutableList.toImmutableList());
  }
}
