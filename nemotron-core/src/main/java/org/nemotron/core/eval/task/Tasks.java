package org.nemotron.core.eval.task;

import static com.google.common.base.Preconditions.checkArgument;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.Ints;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.nemotron.core.io.JsonFiles;

/**
 * The tasks, groups and presets by their names. The names and versions of tasks are those of
 * lm-evaluation-harness 0.4.13; where data or prompts differ, so does the name.
 */
public final class Tasks {
  /**
   * The name of MT-Bench in selections. Another model grades its answers, so that it is no {@link
   * BenchmarkTask}: {@code core.eval.mtbench} has it.
   */
  public static final String MT_BENCH = "mt_bench";

  private static final String SHOTS = ":";
  private static final String FILE = ".json";

  private Tasks() {}

  /** Returns the names of all tasks, in alphabetical order. */
  public static ImmutableList<String> names() {
    return ImmutableList.sortedCopyOf(TaskResources.tasks().keySet());
  }

  /** Returns the groups by name. */
  public static ImmutableMap<String, TaskGroup> groups() {
    return TaskResources.groups();
  }

  /** Returns the presets by name. */
  public static ImmutableMap<String, TaskPreset> presets() {
    return TaskResources.presets();
  }

  /** Returns the task of that name, or nothing if there is none. */
  public static Optional<BenchmarkTask> find(String name) {
    return Optional.ofNullable(TaskResources.tasks().get(name)).map(BenchmarkTask::of);
  }

  /**
   * Returns the tasks that {@code selection} names: tasks, groups and presets, divided by commas. A
   * colon and a number behind a task or group are its shots: {@code blog}, {@code mmlu:5,piqa}.
   * What ends in {@code .json} is a file with a task of the user's own, as {@link #read} has it.
   * MT-Bench is left out; {@link #selectsMtBench} says whether it is named.
   *
   * @throws IllegalArgumentException if a name is unknown, a file cannot be read or is wrong, or a
   *     task comes twice
   */
  public static ImmutableList<BenchmarkTask> select(String selection) {
    Map<String, BenchmarkTask> chosen = new LinkedHashMap<>();
    for (String part : parts(selection)) {
      TaskPreset preset = presets().get(part);
      if (preset != null) {
        preset.tasks().forEach((name, shots) -> add(name, Optional.of(shots), chosen));
      } else if (!part.equals(MT_BENCH)) {
        int cut = part.endsWith(FILE) ? -1 : part.lastIndexOf(SHOTS);
        add(cut < 0 ? part : part.substring(0, cut), shots(part, cut), chosen);
      }
    }
    checkArgument(
        !chosen.isEmpty() || selectsMtBench(selection), "tasks (%s) must name a task", selection);
    return ImmutableList.copyOf(chosen.values());
  }

  /** Returns whether {@code selection} names MT-Bench, by itself or in a preset. */
  public static boolean selectsMtBench(String selection) {
    return parts(selection).stream()
        .anyMatch(
            part -> {
              TaskPreset preset = presets().get(part);
              return part.equals(MT_BENCH) || (preset != null && preset.withMtBench());
            });
  }

  private static List<String> parts(String selection) {
    return Splitter.on(',').trimResults().omitEmptyStrings().splitToList(selection);
  }

  private static Optional<Integer> shots(String part, int cut) {
    if (cut < 0) {
      return Optional.empty();
    }
    Integer shots = Ints.tryParse(part.substring(cut + 1));
    checkArgument(
        shots != null && shots >= 0,
        "the shots of %s must be a number that is not negative, such as mmlu:5",
        part);
    return Optional.ofNullable(shots);
  }

  private static void add(String name, Optional<Integer> shots, Map<String, BenchmarkTask> chosen) {
    if (name.endsWith(FILE)) {
      add(ofFile(Path.of(name)), shots, chosen);
      return;
    }
    TaskGroup group = groups().get(name);
    ImmutableList<String> names = group == null ? ImmutableList.of(name) : group.tasks();
    for (String member : names) {
      add(find(member).orElseThrow(() -> unknown(member)), shots, chosen);
    }
  }

  private static void add(
      BenchmarkTask task, Optional<Integer> shots, Map<String, BenchmarkTask> chosen) {
    BenchmarkTask former =
        chosen.put(task.name(), shots.isEmpty() ? task : task.withShots(shots.get()));
    checkArgument(former == null, "task %s is named twice", task.name());
  }

  private static BenchmarkTask ofFile(Path file) {
    checkArgument(
        Files.isRegularFile(file),
        "the task file %s is missing.\nMaybe its path is another.",
        file);
    try {
      return read(file);
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "the task file " + file + " cannot be read: " + e.getMessage(), e);
    }
  }

  private static IllegalArgumentException unknown(String name) {
    return new IllegalArgumentException(
        "there is no task, group or preset \"%s\".\nMaybe one of these was meant: %s."
            .formatted(name, String.join(", ", TaskNames.nearest(name))));
  }

  /**
   * Returns a task of the user's own.
   *
   * @param file in the JSON form of the tasks of this library; docs/tasks.md describes it
   * @throws IOException if it cannot be read
   * @throws IllegalArgumentException if a part of it is missing, unknown or wrong
   */
  public static BenchmarkTask read(Path file) throws IOException {
    JsonNode json = JsonFiles.read(file);
    return BenchmarkTask.of(TaskSpec.parse(file.toString(), json));
  }
}
