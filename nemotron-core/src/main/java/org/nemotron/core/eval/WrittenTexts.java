package org.nemotron.core.eval;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Lists;
import com.google.common.primitives.ImmutableIntArray;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import org.nemotron.core.inference.ChunkedPrefill;
import org.nemotron.core.inference.ForwardBatch;
import org.nemotron.core.inference.InferenceModel;
import org.nemotron.core.inference.InferenceSession;
import org.nemotron.core.inference.KvPages;
import org.nemotron.core.inference.SequenceChunk;
import org.nemotron.core.inference.StepOutput;
import org.nemotron.core.tensor.Cancellation;
import org.nemotron.core.text.Tokenizer;

/**
 * Writes the texts of many prompts, a group side by side: those of a group that have ended leave
 * it. Full pages that all prompts of a group have in common are read once.
 */
final class WrittenTexts {
  private static final int GROUP = 64;

  private final InferenceModel model;
  private final Tokenizer tokenizer;
  private final ImmutableSet<Integer> endTokens;
  private long promptTokens;
  private long readTokens;
  private long writtenTokens;

  WrittenTexts(InferenceModel model, Tokenizer tokenizer, ImmutableSet<Integer> endTokens) {
    this.model = model;
    this.tokenizer = tokenizer;
    this.endTokens = endTokens;
  }

  /** Returns what {@link #write} did in {@code time}. */
  ModelEffort effort(Duration time) {
    return new ModelEffort(0, promptTokens, readTokens, writtenTokens, time);
  }

  ImmutableList<GeneratedText> write(List<GenerationRequest> requests) {
    int maxLength = model.spec().maxPositions();
    ImmutableList<WrittenText> texts =
        requests.stream()
            .map(request -> text(request, maxLength))
            .collect(ImmutableList.toImmutableList());
    List<WrittenText> sorted = new ArrayList<>(texts);
    sorted.sort((first, second) -> ScoredTrees.compare(first.prompt(), second.prompt()));
    for (List<WrittenText> group : Lists.partition(sorted, Math.min(GROUP, model.maxSequences()))) {
      writeGroup(group);
    }
    return texts.stream().map(WrittenText::result).collect(ImmutableList.toImmutableList());
  }

  private WrittenText text(GenerationRequest request, int maxLength) {
    ScoredSequence.checkKnown(request.prompt(), model.spec().vocabularySize());
    int room = maxLength - request.maxTokens();
    checkArgument(
        room > 0,
        "maxTokens (%s) must leave room for a prompt in the %s tokens that the model reads.\n"
            + "Maybe ask for fewer tokens.",
        request.maxTokens(),
        maxLength);
    int length = request.prompt().length();
    ImmutableIntArray prompt = request.prompt().subArray(Math.max(0, length - room), length);
    return new WrittenText(request, prompt, tokenizer, endTokens);
  }

  private void writeGroup(List<WrittenText> group) {
    int shared = commonPages(group);
    int pages = shared;
    List<ImmutableIntArray> held = new ArrayList<>();
    for (WrittenText text : group) {
      int own = KvPages.pagesFor(text.prompt().length() + text.maxTokens()) - shared;
      held.add(
          ImmutableIntArray.copyOf(
              IntStream.concat(IntStream.range(0, shared), IntStream.range(pages, pages + own))));
      pages += own;
    }
    try (InferenceSession session = model.newSession(pages)) {
      prefill(session, group, held, shared * KvPages.PAGE_TOKENS);
      decode(session, group, held);
    }
  }

  /** Returns how many full pages all prompts begin with; each keeps a token behind them. */
  private static int commonPages(List<WrittenText> group) {
    ImmutableIntArray first = group.get(0).prompt();
    int common = first.length() - 1;
    for (WrittenText text : group) {
      common = Math.min(common, text.prompt().length() - 1);
      int length = 0;
      while (length < common && text.prompt().get(length) == first.get(length)) {
        length++;
      }
      common = length;
    }
    return common / KvPages.PAGE_TOKENS;
  }

  private void prefill(
      InferenceSession session, List<WrittenText> group, List<ImmutableIntArray> held, int shared) {
    if (shared > 0) {
      ImmutableIntArray common = group.get(0).prompt().subArray(0, shared);
      readTokens += shared;
      SequenceChunk chunk = new SequenceChunk(held.get(0), 0, common, SequenceChunk.NOTHING);
      for (ForwardBatch batch : ChunkedPrefill.of(ImmutableList.of(chunk), model.maxRows())) {
        StepOutput unused = session.step(batch);
      }
    }
    List<SequenceChunk> rest = new ArrayList<>();
    for (int index = 0; index < group.size(); index++) {
      ImmutableIntArray prompt = group.get(index).prompt();
      promptTokens += prompt.length();
      readTokens += prompt.length() - shared;
      rest.add(
          new SequenceChunk(
              held.get(index),
              shared,
              prompt.subArray(shared, prompt.length()),
              group.get(index).wanted()));
    }
    Iterator<WrittenText> texts = group.iterator();
    for (ForwardBatch batch : ChunkedPrefill.of(rest, model.maxRows())) {
      Cancellation.check();
      StepOutput output = session.step(batch);
      for (int row = 0; row < output.rows(); row++) {
        add(texts.next(), output, row);
      }
    }
  }

  private void decode(
      InferenceSession session, List<WrittenText> group, List<ImmutableIntArray> held) {
    List<Integer> open = open(group);
    while (!open.isEmpty()) {
      Cancellation.check();
      StepOutput output =
          session.step(
              ForwardBatch.of(
                  Lists.transform(open, index -> group.get(index).lastToken(held.get(index)))));
      for (int row = 0; row < output.rows(); row++) {
        add(group.get(open.get(row)), output, row);
      }
      open = open(group);
    }
  }

  private static List<Integer> open(List<WrittenText> group) {
    return IntStream.range(0, group.size())
        .filter(index -> !group.get(index).hasEnded())
        .boxed()
        .toList();
  }

  private void add(WrittenText text, StepOutput output, int row) {
    writtenTokens++;
    text.add(output, row);
  }
}
