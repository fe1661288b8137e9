package org.nemotron.core.eval.task;

import com.google.common.collect.ImmutableList;
import java.util.List;
import org.nemotron.core.eval.GeneratedText;
import org.nemotron.core.eval.Likelihood;

/**
 * What a model answered to the requests of an item, in their order.
 *
 * @param likelihoods of the item's continuations
 * @param texts written after the item's prompts
 */
public record ItemAnswer(
    ImmutableList<Likelihood> likelihoods, ImmutableList<GeneratedText> texts) {
  /** Returns several answers to an item as one, such as those that were drawn. */
  static ItemAnswer joined(List<ItemAnswer> answers) {
    return new ItemAnswer(
        answers.stream()
            .flatMap(answer -> answer.likelihoods().stream())
            .collect(ImmutableList.toImmutableList()),
        answers.stream()
            .flatMap(answer -> answer.texts().stream())
            .collect(ImmutableList.toImmutableList()));
  }
}
