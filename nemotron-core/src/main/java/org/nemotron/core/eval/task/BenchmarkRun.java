package org.nemotron.core.eval.task;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.util.List;
import org.nemotron.core.eval.GeneratedText;
import org.nemotron.core.eval.LanguageModel;
import org.nemotron.core.eval.Likelihood;
import org.nemotron.core.eval.data.DataDirectory;

/** A task put to a model, from the data to the figures, in one call. */
public final class BenchmarkRun {
  private BenchmarkRun() {}

  /**
   * Returns what {@code model} reaches in a task.
   *
   * @throws IOException if data are missing, cannot be read, or have another form
   */
  public static TaskResult of(
      BenchmarkTask task, DataDirectory data, LanguageModel model, BosPolicy bos)
      throws IOException {
    return of(task, task.items(data), model, bos);
  }

  /** Returns what {@code model} reaches in some of a task's items, at least one. */
  public static TaskResult of(
      BenchmarkTask task, List<TaskItem> items, LanguageModel model, BosPolicy bos) {
    ItemEncoder encoder = ItemEncoder.of(model, bos);
    ImmutableList<EncodedItem> encoded = task.drawn(items.stream().map(encoder::encode).toList());
    ImmutableList<ItemResult> results = task.scores(items, answers(encoded, model));
    return task.result(items, results, PromptFacts.of(encoder, encoded));
  }

  /** Returns what a model answers to items, in their order. */
  public static ImmutableList<ItemAnswer> answers(List<EncodedItem> items, LanguageModel model) {
    ImmutableList<Likelihood> likelihoods =
        model.logLikelihoods(items.stream().flatMap(item -> item.likelihoods().stream()).toList());
    ImmutableList<GeneratedText> texts =
        model.generate(items.stream().flatMap(item -> item.generations().stream()).toList());
    ImmutableList.Builder<ItemAnswer> answers = ImmutableList.builder();
    int likelihood = 0;
    int text = 0;
    for (EncodedItem item : items) {
      int nextLikelihood = likelihood + item.likelihoods().size();
      int nextText = text + item.generations().size();
      answers.add(
          new ItemAnswer(
              likelihoods.subList(likelihood, nextLikelihood), texts.subList(text, nextText)));
      likelihood = nextLikelihood;
      text = nextText;
    }
    return answers.build();
  }
}
