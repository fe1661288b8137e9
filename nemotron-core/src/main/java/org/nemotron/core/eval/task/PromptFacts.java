package org.nemotron.core.eval.task;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.util.List;

/**
 * What became of a task's prompts when they were turned into token ids.
 *
 * @param bos whether prompts begin with the token that begins a text
 * @param firstIds the first ids of the first item's first prompt, 8 at most
 * @param requests how many requests there are
 * @param tokens how many tokens they have, continuations included
 * @param truncated how many were cut from the left to fit the model
 * @param empty how many contexts were empty, so that the prefix token stands for them
 * @param retokenized how many contexts have other tokens alone than before their continuation
 * @param warnings sentences about prompts that begin otherwise than the model's training texts
 */
public record PromptFacts(
    BosPolicy bos,
    ImmutableIntArray firstIds,
    long requests,
    long tokens,
    long truncated,
    long empty,
    long retokenized,
    ImmutableList<String> warnings) {
  private static final int SHOWN = 8;

  /** Returns the facts of a task's items, at least one, that {@code encoder} made. */
  public static PromptFacts of(ItemEncoder encoder, List<EncodedItem> items) {
    checkArgument(!items.isEmpty(), "there must be an item");
    return new PromptFacts(
        encoder.bos(),
        firstIds(items.get(0)),
        items.stream().mapToLong(item -> requests(item)).sum(),
        items.stream().mapToLong(item -> tokens(item)).sum(),
        items.stream().mapToLong(EncodedItem::truncated).sum(),
        items.stream().mapToLong(EncodedItem::empty).sum(),
        items.stream().mapToLong(EncodedItem::retokenized).sum(),
        BosWarnings.of(encoder.tokenizer(), items));
  }

  private static ImmutableIntArray firstIds(EncodedItem item) {
    ImmutableList<ImmutableIntArray> prompts =
        item.likelihoods().isEmpty()
            ? ImmutableList.of(item.generations().get(0).prompt())
            : ImmutableList.of(
                item.likelihoods().get(0).context(), item.likelihoods().get(0).continuation());
    return ImmutableIntArray.copyOf(
        prompts.stream().flatMapToInt(ImmutableIntArray::stream).limit(SHOWN));
  }

  private static long requests(EncodedItem item) {
    return (long) item.likelihoods().size() + item.generations().size();
  }

  private static long tokens(EncodedItem item) {
    return item.likelihoods().stream()
            .mapToLong(request -> request.context().length() + request.continuation().length())
            .sum()
        + item.generations().stream().mapToLong(request -> request.prompt().length()).sum();
  }
}
