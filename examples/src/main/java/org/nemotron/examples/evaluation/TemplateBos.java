package org.nemotron.examples.evaluation;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.util.List;
import org.nemotron.core.checkpoint.TokenizerDirectory;
import org.nemotron.core.eval.task.ChatTurn;
import org.nemotron.core.eval.task.TaskResult;
import org.nemotron.core.text.Tokenizer;
import org.nemotron.runtime.chat.ChatTemplate;

/**
 * Models whose chat template begins conversations with BOS, though their tokenizer adds none: they
 * were trained with it, and prompts that are plain text lack it.
 */
final class TemplateBos {
  private static final ImmutableList<ChatTurn> HELLO =
      ImmutableList.of(new ChatTurn("user", "Hello"));

  private TemplateBos() {}

  /** Returns results of plain prompts, with a warning on those that lack BOS. */
  static ImmutableList<TaskResult> noted(EvaluatedModel open, List<TaskResult> results)
      throws IOException {
    Tokenizer tokenizer = open.model().tokenizer();
    int begin = tokenizer.beginToken().orElse(-1);
    if (begin < 0 || tokenizer.addsBeginToken() || !templateBegins(open, begin)) {
      return ImmutableList.copyOf(results);
    }
    return results.stream()
        .map(
            result ->
                isFirst(begin, result.prompts().firstIds())
                    ? result
                    : result.withNote(
                        ("warning: prompts of %s begin without BOS (%s), which the model's chat"
                                + " template puts before each conversation; maybe --bos always")
                            .formatted(result.task(), begin)))
        .collect(ImmutableList.toImmutableList());
  }

  private static boolean templateBegins(EvaluatedModel open, int begin) throws IOException {
    try (TokenizerDirectory files = TokenizerDirectory.of(open.path())) {
      if (ChatTemplate.read(files.path()).isEmpty()) {
        return false;
      }
    }
    String text = Conversations.of(List.of(open.path())).render(HELLO, false);
    return isFirst(begin, open.model().tokenizer().encode(text));
  }

  private static boolean isFirst(int token, ImmutableIntArray ids) {
    return !ids.isEmpty() && ids.get(0) == token;
  }
}
