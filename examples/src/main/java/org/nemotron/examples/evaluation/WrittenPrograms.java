package org.nemotron.examples.evaluation;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.nemotron.core.eval.task.BenchmarkTask;
import org.nemotron.core.eval.task.CodeSamples;
import org.nemotron.core.eval.task.TaskItem;
import org.nemotron.core.eval.task.TaskResult;

/** The programs that a model wrote: kept in files, and run where a command is named. */
final class WrittenPrograms {
  private static final int DIGITS = 16;

  private final Map<BenchmarkTask, ImmutableList<TaskItem>> items;
  private final CodeOptions options;
  private final Path directory;
  private final Consumer<String> progress;

  /**
   * @param items of all tasks, in the order of the results
   * @param directory receives the files
   * @param progress takes a line before programs are run
   */
  WrittenPrograms(
      Map<BenchmarkTask, ImmutableList<TaskItem>> items,
      CodeOptions options,
      Path directory,
      Consumer<String> progress) {
    this.items = items;
    this.options = options;
    this.directory = directory;
    this.progress = progress;
  }

  /** Returns a model's results with those of its programs. */
  ModelResults of(ModelResults model) throws IOException, InterruptedException {
    List<TaskResult> results = new ArrayList<>();
    List<ModelResults.Missing> missing = new ArrayList<>(model.missing());
    for (Map.Entry<BenchmarkTask, ImmutableList<TaskItem>> task : items.entrySet()) {
      TaskResult result = model.tasks().get(results.size());
      results.add(
          task.getKey().asksForPrograms()
              ? tested(model, result, new CodeSamples(task.getValue(), result), missing)
              : result);
    }
    return model.with(results, missing);
  }

  private TaskResult tested(
      ModelResults model,
      TaskResult result,
      CodeSamples samples,
      List<ModelResults.Missing> missing)
      throws IOException, InterruptedException {
    String name =
        "samples-%s-%s.jsonl".formatted(result.task(), model.fingerprint().substring(0, DIGITS));
    Files.createDirectories(directory.toAbsolutePath());
    Path file = directory.resolve(name);
    samples.write(file);
    String note = "%s programs are in %s".formatted(samples.count(), file);
    if (options.runner().isEmpty()) {
      options
          .ks()
          .forEach(
              k ->
                  missing.add(
                      new ModelResults.Missing(
                          result.task(),
                          CodeSamples.metric(k),
                          "not run: name a command with --run-code")));
      return result.withNote(note);
    }
    progress.accept("%s: running %s programs".formatted(result.task(), samples.count()));
    return samples.run(options.runner().get(), options.ks()).withNote(note);
  }
}
