package org.nemotron.core.eval.task;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.util.List;
import java.util.stream.Stream;
import org.nemotron.core.text.Tokenizer;

/** Sentences about prompts that begin otherwise than the texts that a model was trained on. */
final class BosWarnings {
  private BosWarnings() {}

  /** Returns what there is to warn of; prompts that were cut from the left say nothing. */
  static ImmutableList<String> of(Tokenizer tokenizer, List<EncodedItem> items) {
    int begin = tokenizer.beginToken().orElse(-1);
    List<ImmutableIntArray> prompts =
        items.stream().filter(item -> item.truncated() == 0).flatMap(BosWarnings::prompts).toList();
    if (begin < 0 || prompts.isEmpty()) {
      return ImmutableList.of();
    }
    long twice = prompts.stream().filter(ids -> beginsWith(ids, begin, begin)).count();
    long without = prompts.stream().filter(ids -> !beginsWith(ids, begin)).count();
    ImmutableList.Builder<String> warnings = ImmutableList.builder();
    if (twice > 0) {
      warnings.add(
          ("warning: %s of %s prompts begin with BOS (%s) twice, which models are not trained on;"
                  + " maybe their text, such as a chat template's, has it twice")
              .formatted(twice, prompts.size(), begin));
    }
    if (without > 0 && tokenizer.addsBeginToken()) {
      warnings.add(
          ("warning: %s of %s prompts begin without BOS (%s), which the tokenizer's files put before"
                  + " each text; a model trained with it is far worse without")
              .formatted(without, prompts.size(), begin));
    }
    return warnings.build();
  }

  private static Stream<ImmutableIntArray> prompts(EncodedItem item) {
    return item.likelihoods().isEmpty()
        ? item.generations().stream().map(request -> request.prompt())
        : item.likelihoods().stream().limit(1).map(request -> request.context());
  }

  private static boolean beginsWith(ImmutableIntArray ids, int... first) {
    return ids.length() >= first.length
        && ids.subArray(0, first.length).equals(ImmutableIntArray.copyOf(first));
  }
}
