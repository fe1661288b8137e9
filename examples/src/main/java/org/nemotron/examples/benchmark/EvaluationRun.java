package org.nemotron.examples.benchmark;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.base.Stopwatch;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.nemotron.core.backend.Backends;
import org.nemotron.core.eval.ModelEffort;
import org.nemotron.core.eval.SequenceModel;
import org.nemotron.core.eval.data.DataDirectory;
import org.nemotron.core.eval.run.AnswerStore;
import org.nemotron.core.eval.run.Evaluation;
import org.nemotron.core.eval.task.BenchmarkTask;
import org.nemotron.core.eval.task.BosPolicy;
import org.nemotron.core.eval.task.TaskItem;
import org.nemotron.core.eval.task.TaskResult;
import org.nemotron.core.eval.task.Tasks;
import org.nemotron.core.inference.InferenceBackend;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.inference.WeightSource;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.provenance.Fingerprint;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.PassFlops;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.text.Tokenizer;
import org.nemotron.nas.cost.DeviceLimits;

/**
 * Benchmark tasks put to a model with random weights, by the same calls as {@code evaluate}: from
 * the tasks' files to the figures, once the weights are there.
 *
 * @param tasks as {@code evaluate} takes them
 * @param data directory of the tasks' files
 * @param tokenizer a model's directory; its ids must be in the vocabulary of {@code spec}
 * @param limit how many items of each task
 */
record EvaluationRun(
    ModelSpec spec, Device device, String tasks, Path data, Path tokenizer, int limit) {
  /** Evaluates, prints a line for each task and one for all, and returns the figures. */
  Map<String, Object> measure(DeviceLimits limits, WeightFormat wanted) throws IOException {
    boolean onCpu = device.equals(Device.CPU);
    DType dtype = onCpu ? DType.FLOAT32 : DType.BFLOAT16;
    try (HeterogeneousModel weights = RandomModels.of(spec, device, dtype);
        InferenceBackend backend = Backends.of(device);
        Tokenizer words = Tokenizer.open(tokenizer)) {
      WeightFormat format = onCpu ? backend.bestFormat() : wanted;
      try (SequenceModel model =
          SequenceModel.builder(words, spec, WeightSource.of(weights), backend)
              .format(format)
              .build()) {
        return measure(model, format, limits);
      }
    }
  }

  private Map<String, Object> measure(SequenceModel model, WeightFormat format, DeviceLimits limits)
      throws IOException {
    Stopwatch whole = Stopwatch.createStarted();
    Map<BenchmarkTask, ImmutableList<TaskItem>> items = items();
    Duration reading = whole.elapsed();
    Fingerprint fingerprint = Fingerprint.builder().put("weights", "random").build();
    Evaluation run =
        new Evaluation(
            model, fingerprint, BosPolicy.TOKENIZER, AnswerStore.none(), (task, done, all) -> {});
    List<TaskResult> results = new ArrayList<>();
    for (Map.Entry<BenchmarkTask, ImmutableList<TaskItem>> task : items.entrySet()) {
      results.add(run.run(task.getKey(), task.getValue()));
      System.out.printf(
          Locale.ROOT,
          "%s: %d items, %.1f s since the start%n",
          task.getKey().name(),
          task.getValue().size(),
          seconds(whole.elapsed()));
    }
    return figures(results, model.effort(), reading, whole.elapsed(), format, limits);
  }

  private Map<BenchmarkTask, ImmutableList<TaskItem>> items() throws IOException {
    DataDirectory directory = DataDirectory.open(data);
    Map<BenchmarkTask, ImmutableList<TaskItem>> items = new LinkedHashMap<>();
    for (BenchmarkTask task : Tasks.select(tasks)) {
      ImmutableList<TaskItem> all = task.items(directory);
      items.put(task, all.subList(0, Math.min(all.size(), limit)));
    }
    checkArgument(!items.isEmpty(), "--tasks (%s) must name a task", tasks);
    return items;
  }

  private Map<String, Object> figures(
      List<TaskResult> results,
      ModelEffort effort,
      Duration reading,
      Duration whole,
      WeightFormat format,
      DeviceLimits limits) {
    int items = results.stream().mapToInt(result -> result.items().size()).sum();
    double right = results.stream().mapToDouble(EvaluationRun::right).sum();
    double flops = flops(effort.computedTokens(), items);
    double share = flops / seconds(effort.time()) / limits.productFlops();
    System.out.printf(
        Locale.ROOT,
        "%s, %d items: %.1f s, of which the model %.1f s; %.1f items/s; %d of %d tokens read"
            + " (%.1f %% saved by common beginnings); %.0f TFLOP/s, %.1f %% of the matrix rate%n",
        tasks,
        items,
        seconds(whole),
        seconds(effort.time()),
        items / seconds(whole),
        effort.computedTokens(),
        effort.requestTokens(),
        effort.shared() * 100,
        flops / seconds(effort.time()) / 1e12,
        share * 100);
    return ImmutableMap.<String, Object>builder()
        .put("tasks", tasks)
        .put("format", format)
        .put("parameters", spec.parameters())
        .put("items", items)
        .put("requests", effort.requests())
        .put("seconds", seconds(whole))
        .put("secondsReadingFiles", seconds(reading))
        .put("secondsInModel", seconds(effort.time()))
        .put("itemsPerSecond", items / seconds(whole))
        .put("requestTokens", effort.requestTokens())
        .put("computedTokens", effort.computedTokens())
        .put("reusedTokens", effort.requestTokens() - effort.computedTokens())
        .put("reusedShare", effort.shared())
        .put("flops", flops)
        .put("shareOfMatrixRate", share)
        .put("truncated", results.stream().mapToLong(result -> result.prompts().truncated()).sum())
        .put("accuracy", right / items)
        .buildOrThrow();
  }

  private static double right(TaskResult result) {
    return result.quoted().value() * result.items().size();
  }

  /** Products with weights only, and a row of logits for each item: what attention adds is left. */
  private double flops(long tokens, int items) {
    PassFlops products = new PassFlops(spec, 0);
    return tokens * products.blocks(0, spec.layers()) + items * products.head();
  }

  private static double seconds(Duration time) {
    return time.toNanos() / 1e9;
  }
}
