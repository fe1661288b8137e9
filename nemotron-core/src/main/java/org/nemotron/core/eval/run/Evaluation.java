package org.nemotron.core.eval.run;

import com.google.common.base.Stopwatch;
import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.nemotron.core.eval.LanguageModel;
import org.nemotron.core.eval.task.BenchmarkRun;
import org.nemotron.core.eval.task.BenchmarkTask;
import org.nemotron.core.eval.task.BosPolicy;
import org.nemotron.core.eval.task.EncodedItem;
import org.nemotron.core.eval.task.ItemAnswer;
import org.nemotron.core.eval.task.ItemEncoder;
import org.nemotron.core.eval.task.ItemResult;
import org.nemotron.core.eval.task.PromptFacts;
import org.nemotron.core.eval.task.TaskItem;
import org.nemotron.core.eval.task.TaskResult;
import org.nemotron.core.provenance.Fingerprint;
import org.nemotron.core.tensor.Cancellation;

/**
 * Puts tasks to a model, slice by slice; what a store knows is not asked again, and what the model
 * answers is stored when its slice is done. Results do not depend on the slices.
 *
 * <p>Used by one thread at a time, which may change.
 */
public final class Evaluation {
  private static final int FIRST_SLICE_TOKENS = 1 << 14;
  private static final int MOST_SLICE_TOKENS = 1 << 24;
  private static final long SLICE_MILLIS = 5_000;

  private final LanguageModel model;
  private final Fingerprint fingerprint;
  private final ItemEncoder encoder;
  private final AnswerStore store;
  private final Progress progress;
  private int sliceTokens = FIRST_SLICE_TOKENS;
  private long reused;

  /** Follows a run. */
  @FunctionalInterface
  public interface Progress {
    /** {@code done} of the task's {@code items} items are answered. */
    void items(String task, int done, int items);
  }

  /**
   * Prepares to run tasks.
   *
   * @param model answers; it stays the caller's
   * @param fingerprint what its answers depend on; see {@link ModelFingerprints}
   * @param store keeps its answers; it stays the caller's
   */
  public Evaluation(
      LanguageModel model,
      Fingerprint fingerprint,
      BosPolicy bos,
      AnswerStore store,
      Progress progress) {
    this.model = model;
    this.fingerprint = fingerprint;
    this.encoder = ItemEncoder.of(model, bos);
    this.store = store;
    this.progress = progress;
  }

  /** Returns how many items the store knew; of an item with several texts, each text counts. */
  public long reused() {
    return reused;
  }

  /**
   * Returns what the model reaches in {@code items} of a task, at least one.
   *
   * @throws IOException if the store cannot be written
   * @throws IllegalArgumentException if an item cannot be put to the model; the message names it
   * @throws java.util.concurrent.CancellationException if the work of this thread is cancelled
   */
  public TaskResult run(BenchmarkTask task, List<TaskItem> items) throws IOException {
    ImmutableList<EncodedItem> encoded = task.drawn(encoded(task, items));
    ImmutableList<ItemResult> results = task.scores(items, answers(task, encoded));
    return task.result(items, results, PromptFacts.of(encoder, encoded));
  }

  /** Side by side: long prompts of many items take one core longer than a GPU reads them. */
  private ImmutableList<EncodedItem> encoded(BenchmarkTask task, List<TaskItem> items) {
    try {
      return items.parallelStream().map(encoder::encode).collect(ImmutableList.toImmutableList());
    } catch (IllegalArgumentException e) {
      return encodedInOrder(task, items); // of several faults the first item's is thrown
    }
  }

  private ImmutableList<EncodedItem> encodedInOrder(BenchmarkTask task, List<TaskItem> items) {
    ImmutableList.Builder<EncodedItem> encoded = ImmutableList.builder();
    for (TaskItem item : items) {
      try {
        encoded.add(encoder.encode(item));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(task.name() + ", " + e.getMessage(), e);
      }
    }
    return encoded.build();
  }

  private ImmutableList<ItemAnswer> answers(BenchmarkTask task, List<EncodedItem> items)
      throws IOException {
    Map<String, ItemAnswer> known = new HashMap<>();
    List<String> keys = new ArrayList<>();
    List<EncodedItem> open = new ArrayList<>();
    List<String> openKeys = new ArrayList<>();
    for (EncodedItem item : items) {
      String key = ItemKeys.of(fingerprint, item);
      keys.add(key);
      store
          .find(key)
          .ifPresentOrElse(
              answer -> known.put(key, answer),
              () -> {
                open.add(item);
                openKeys.add(key);
              });
    }
    reused += items.size() - open.size();
    int done = items.size() - open.size();
    int samples = task.sampling().samples();
    for (int from = 0; from < open.size(); ) {
      progress.items(task.name(), (done + from) / samples, items.size() / samples);
      int to = sliceEnd(open, from);
      List<AnswerStore.Entry> entries = asked(task, open, openKeys, from, to);
      store.add(entries);
      entries.forEach(entry -> known.put(entry.key(), entry.answer()));
      from = to;
    }
    progress.items(task.name(), items.size() / samples, items.size() / samples);
    return keys.stream().map(known::get).collect(ImmutableList.toImmutableList());
  }

  private List<AnswerStore.Entry> asked(
      BenchmarkTask task, List<EncodedItem> open, List<String> keys, int from, int to) {
    Cancellation.check();
    Stopwatch time = Stopwatch.createStarted();
    ImmutableList<ItemAnswer> answers = BenchmarkRun.answers(open.subList(from, to), model);
    if (time.elapsed(TimeUnit.MILLISECONDS) < SLICE_MILLIS) {
      sliceTokens = Math.min(MOST_SLICE_TOKENS, 2 * sliceTokens);
    }
    List<AnswerStore.Entry> entries = new ArrayList<>();
    for (int index = from; index < to; index++) {
      entries.add(
          new AnswerStore.Entry(
              task.name(),
              open.get(index).item().index(),
              keys.get(index),
              answers.get(index - from)));
    }
    return entries;
  }

  private int sliceEnd(List<EncodedItem> items, int from) {
    long tokens = 0;
    int end = from;
    while (end < items.size() && (end == from || tokens < sliceTokens)) {
      tokens += tokens(items.get(end));
      end++;
    }
    return end;
  }

  private static long tokens(EncodedItem item) {
    return item.likelihoods().stream()
            .mapToLong(request -> request.context().length() + request.continuation().length())
            .sum()
        + item.generations().stream()
            .mapToLong(request -> request.prompt().length() + request.maxTokens())
            .sum();
  }
}
