package org.nemotron.core.eval.task;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Lists;
import com.google.common.primitives.ImmutableDoubleArray;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.nemotron.core.eval.data.DataDirectory;

/**
 * A benchmark: where its items lie, how they are put to a model, and how answers are judged.
 * Immutable.
 *
 * <p>{@link Tasks} has those of the harness. The same items, in the same order and with the same
 * shots, are put to every model.
 */
public final class BenchmarkTask {
  private final TaskSpec spec;
  private final int shots;
  private final ShotSeed seed;
  private final Optional<ChatStyle> chat;
  private final Sampling sampling;
  private final ImmutableList<Metric> metrics;

  private BenchmarkTask(
      TaskSpec spec, int shots, ShotSeed seed, Optional<ChatStyle> chat, Sampling sampling) {
    this.spec = spec;
    this.shots = shots;
    this.seed = seed;
    this.chat = chat;
    this.sampling = sampling;
    this.metrics =
        spec.metrics().stream()
            .flatMap(name -> Metrics.of(name, spec.asks(), spec.answers()).stream())
            .collect(ImmutableList.toImmutableList());
  }

  static BenchmarkTask of(TaskSpec spec) {
    return new BenchmarkTask(
        spec, spec.shots().count(), ShotSeed.HARNESS, Optional.empty(), Sampling.LIKELIEST);
  }

  /** Returns the task's name: the harness's where the prompts are the harness's. */
  public String name() {
    return spec.name();
  }

  /** Returns the version of the task's definition in the harness. */
  public String version() {
    return spec.version();
  }

  /** Returns how many solved examples stand before each item. */
  public int shots() {
    return shots;
  }

  /** Returns the names of the task's metrics, the one usually quoted first. */
  public ImmutableList<String> metrics() {
    return metrics.stream().map(Metric::name).collect(ImmutableList.toImmutableList());
  }

  /** Returns the data set that the items come from, in words. */
  public String source() {
    return spec.data().source();
  }

  /** Returns everything beside version and shots that figures depend on, in words. */
  public String settings() {
    String words = shots == 0 || spec.shots().inOrder() ? "" : "seed " + seed.number();
    if (seed.perItem() && !words.isEmpty()) {
      words += " per item";
    }
    String style = chat.map(one -> one.asTurns() ? "chat, shots as turns" : "chat").orElse("");
    return Stream.of(words, style, sampling.words())
        .filter(part -> !part.isEmpty())
        .collect(Collectors.joining(", "));
  }

  /**
   * Returns the task with another number of shots.
   *
   * @throws IllegalArgumentException if the task has a fixed number, or fewer examples of its own
   */
  public BenchmarkTask withShots(int count) {
    checkArgument(count >= 0, "shots (%s) must not be negative", count);
    checkArgument(
        count == spec.shots().count() || !spec.shots().fixed(),
        "shots (%s) of %s must be %s: its prompts are fixed",
        count,
        name(),
        spec.shots().count());
    int own = spec.shots().examples().size();
    checkArgument(
        own == 0 || count <= own,
        "shots (%s) of %s must be at most %s, which are part of the task",
        count,
        name(),
        own);
    checkArgument(
        count == 0 || own > 0 || !spec.shots().pool().isEmpty(),
        "shots (%s) of %s must be 0: the task has no examples to draw them from",
        count,
        name());
    return new BenchmarkTask(spec, count, seed, chat, sampling);
  }

  /** Returns the task with shots drawn in another way. */
  public BenchmarkTask withSeed(ShotSeed newSeed) {
    return new BenchmarkTask(spec, shots, newSeed, chat, sampling);
  }

  /**
   * Returns the task with its prompts written by a chat template.
   *
   * @param asTurns whether shots are messages of their own; otherwise all of a prompt is one
   *     message
   */
  public BenchmarkTask withChat(ChatFormat format, boolean asTurns) {
    return new BenchmarkTask(
        spec, shots, seed, Optional.of(new ChatStyle(format, asTurns)), sampling);
  }

  /**
   * Returns the task with so many texts of each item, drawn so.
   *
   * @throws IllegalArgumentException if the task does not ask for programs
   */
  public BenchmarkTask withSampling(Sampling drawn) {
    checkArgument(
        asksForPrograms(), "%s must ask for programs, of which there may be samples", name());
    return new BenchmarkTask(spec, shots, seed, chat, drawn);
  }

  /** Returns whether what a model writes is a program, which {@link CodeSamples} has tested. */
  public boolean asksForPrograms() {
    return spec.asks() == Asks.GENERATION && Question.Generation.isOfProgram(spec.target());
  }

  /** Returns how many texts there are of each item, and how they are drawn. */
  public Sampling sampling() {
    return sampling;
  }

  /** Returns the requests of items, in their order: of each, one entry for each of its texts. */
  public ImmutableList<EncodedItem> drawn(List<EncodedItem> items) {
    return items.stream()
        .flatMap(item -> sampling.of(item).stream())
        .collect(ImmutableList.toImmutableList());
  }

  /**
   * Returns the figures of items.
   *
   * @param answers to what {@link #drawn} returned, in its order
   * @throws IllegalArgumentException if an answer has not one part for each request
   */
  public ImmutableList<ItemResult> scores(List<TaskItem> items, List<ItemAnswer> answers) {
    List<List<ItemAnswer>> each = Lists.partition(answers, sampling.samples());
    ImmutableList.Builder<ItemResult> results = ImmutableList.builder();
    for (int index = 0; index < items.size(); index++) {
      results.add(score(items.get(index), ItemAnswer.joined(each.get(index))));
    }
    return results.build();
  }

  /**
   * Returns the task's items, in the order of their file.
   *
   * @throws IOException if data are missing, cannot be read, or have another form
   */
  public ImmutableList<TaskItem> items(DataDirectory data) throws IOException {
    ImmutableList<Example> examples = spec.data().examples(name(), spec.split(), data);
    ShotSampler sampler = new ShotSampler(spec.shots(), pool(examples, data), shots, seed);
    PromptBuilder prompts = new PromptBuilder(spec, chat);
    ImmutableList.Builder<TaskItem> items = ImmutableList.builder();
    for (int i = 0; i < examples.size(); i++) {
      Example example = examples.get(i);
      try {
        items.add(new TaskItem(i, prompts.question(example, sampler.next(example))));
      } catch (IllegalArgumentException e) {
        throw new IOException(
            name()
                + ", item "
                + (i + 1)
                + ": "
                + e.getMessage()
                + ".\nMaybe a record of "
                + data.path()
                + " is damaged.",
            e);
      }
    }
    return items.build();
  }

  private ImmutableList<Example> pool(ImmutableList<Example> items, DataDirectory data)
      throws IOException {
    ShotSpec from = spec.shots();
    if (shots == 0 || !from.examples().isEmpty()) {
      return from.examples();
    }
    ImmutableList<Example> pool =
        from.pool().equals(spec.split()) ? items : shotsOf(from.pool(), data);
    int wanted = shots + (from.excludesItem() ? 1 : 0);
    if (pool.size() < wanted) {
      throw new IOException(
          name()
              + ": "
              + shots
              + " shots need "
              + wanted
              + " examples; the split "
              + from.pool()
              + " has "
              + pool.size()
              + ".\nMaybe ask for fewer shots.");
    }
    return pool;
  }

  private ImmutableList<Example> shotsOf(String split, DataDirectory data) throws IOException {
    try {
      return spec.data().examples(name(), split, data);
    } catch (IOException e) {
      throw new IOException(
          name() + " with " + shots + " shots: " + e.getMessage() + " Or run it with 0 shots.", e);
    }
  }

  /**
   * Returns an item's figures.
   *
   * @throws IllegalArgumentException if the answer has not one part for each request
   */
  public ItemResult score(TaskItem item, ItemAnswer answer) {
    checkAnswers(item, answer);
    ImmutableMap.Builder<String, Double> values = ImmutableMap.builder();
    for (Metric metric : metrics) {
      values.put(metric.name(), metric.score().of(item.question(), answer));
    }
    int chosen =
        item.question() instanceof Question.Choices choices && spec.asks() != Asks.TARGET
            ? Metrics.chosen(choices, answer)
            : -1;
    return new ItemResult(item.index(), item.digest(), values.buildOrThrow(), chosen, answer);
  }

  private void checkAnswers(TaskItem item, ItemAnswer answer) {
    boolean written = item.question() instanceof Question.Generation;
    int count = written ? answer.texts().size() : answer.likelihoods().size();
    int wanted =
        item.question() instanceof Question.Choices choices
            ? choices.pairs().size() + choices.withoutContext().size()
            : sampling.samples();
    boolean windows = item.question() instanceof Question.Document;
    checkArgument(
        count == wanted || (windows && count > 0),
        "item %s of %s has %s answers; it must have %s",
        item.index(),
        name(),
        count,
        wanted);
    checkArgument(
        answer.likelihoods().stream()
            .noneMatch(answered -> Double.isNaN(answered.logProbability())),
        "item %s of %s has a log-probability that is no number.\n"
            + "Maybe the model's weights are damaged.",
        item.index(),
        name());
  }

  /**
   * Returns the task's figures.
   *
   * @param items the items that were put to the model, at least one
   * @param results their figures, in the same order
   */
  public TaskResult result(List<TaskItem> items, List<ItemResult> results, PromptFacts prompts) {
    checkArgument(!items.isEmpty(), "%s must have an item", name());
    checkArgument(
        items.size() == results.size(),
        "results (%s) must be as many as items (%s)",
        results.size(),
        items.size());
    ImmutableMap.Builder<String, MetricValue> values = ImmutableMap.builder();
    for (Metric metric : metrics) {
      values.put(
          metric.name(),
          metric.aggregate(
              numbers(results.stream().map(result -> result.value(metric.name())).toList()),
              numbers(items.stream().map(item -> metric.weight(item.question())).toList())));
    }
    return new TaskResult(
        name(),
        version(),
        shots,
        settings(),
        metrics.get(0).name(),
        values.buildOrThrow(),
        chance(items),
        prompts,
        ImmutableList.<String>builder()
            .addAll(notes(items.size()))
            .addAll(prompts.warnings())
            .build(),
        ImmutableList.copyOf(results));
  }

  private static ImmutableDoubleArray numbers(List<Double> values) {
    return ImmutableDoubleArray.copyOf(values);
  }

  private double chance(List<TaskItem> items) {
    return spec.asks() == Asks.TARGET
        ? 0
        : items.stream()
            .mapToDouble(
                item ->
                    item.question() instanceof Question.Choices choices
                        ? (double) choices.right().length() / choices.choices().size()
                        : 0)
            .average()
            .orElse(0);
  }

  private ImmutableList<String> notes(int count) {
    return spec.items() == 0 || count == spec.items()
        ? ImmutableList.of()
        : ImmutableList.of(
            "%s of the %s items of %s were put to the model"
                .formatted(count, spec.items(), name()));
  }

  @Override
  public String toString() {
    return name() + " (version " + version() + ", " + shots + " shots)";
  }
}
