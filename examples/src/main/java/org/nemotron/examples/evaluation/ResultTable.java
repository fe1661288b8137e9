package org.nemotron.examples.evaluation;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.stream.Collectors;
import org.nemotron.core.eval.ModelEffort;
import org.nemotron.core.eval.task.MetricValue;
import org.nemotron.core.eval.task.PromptFacts;
import org.nemotron.core.eval.task.TaskResult;

/** One model's results as a table for a terminal. */
final class ResultTable {
  private static final String ROW = "%-28s %7s %5s %6s  %-22s %8s  %s%n";

  private final PrintWriter out;

  ResultTable(PrintWriter out) {
    this.out = out;
  }

  void print(ModelResults model) {
    out.printf(
        Locale.ROOT,
        "%s (%s, %s weights, at most %d tokens)%n",
        model.name(),
        model.device(),
        model.format(),
        model.maxLength());
    out.printf(ROW, "task", "version", "shots", "n", "metric", "value", "± error");
    for (TaskResult result : model.tasks()) {
      print(result);
      model.missing().stream().filter(missing -> isOf(missing, result)).forEach(this::print);
    }
    GroupResults.of(model.tasks()).forEach(this::print);
    model.missing().stream()
        .filter(missing -> model.tasks().stream().noneMatch(one -> isOf(missing, one)))
        .forEach(this::print);
    model.tasks().forEach(this::printFacts);
    printEffort(model);
  }

  private void print(TaskResult result) {
    result
        .metrics()
        .forEach(
            (name, value) -> {
              boolean first = name.equals(result.metric());
              print(
                  first ? result.task() : "",
                  first ? result.version() : "",
                  first ? String.valueOf(result.shots()) : "",
                  name,
                  value);
            });
  }

  private static boolean isOf(ModelResults.Missing missing, TaskResult result) {
    return missing.task().equals(result.task());
  }

  private void print(ModelResults.Missing missing) {
    out.printf("%-28s %21s %-22s %s%n", missing.task(), "", missing.metric(), missing.reason());
  }

  private void print(GroupResults.Group group) {
    group
        .metrics()
        .forEach(
            (name, value) -> print(group.group().name(), group.group().version(), "", name, value));
  }

  private void print(String task, String version, String shots, String metric, MetricValue value) {
    out.printf(
        Locale.ROOT,
        ROW,
        task,
        version,
        shots,
        value.n(),
        metric,
        String.format(Locale.ROOT, "%.4f", value.value()),
        Double.isNaN(value.standardError())
            ? ""
            : String.format(Locale.ROOT, "± %.4f", value.standardError()));
  }

  private void printFacts(TaskResult result) {
    PromptFacts prompts = result.prompts();
    String settings = result.settings().isEmpty() ? "" : ", " + result.settings();
    out.printf(
        Locale.ROOT,
        "  %s: BOS %s%s, first ids %s%s%n",
        result.task(),
        prompts.bos().name().toLowerCase(Locale.ROOT),
        settings,
        prompts.firstIds().stream().mapToObj(String::valueOf).collect(Collectors.joining(" ")),
        counts(prompts));
    result.notes().forEach(note -> out.println("  " + note));
  }

  private static String counts(PromptFacts prompts) {
    String words = "";
    words += prompts.truncated() == 0 ? "" : ", " + prompts.truncated() + " truncated";
    words += prompts.empty() == 0 ? "" : ", " + prompts.empty() + " empty contexts";
    words += prompts.retokenized() == 0 ? "" : ", " + prompts.retokenized() + " retokenized";
    return words;
  }

  private void printEffort(ModelResults model) {
    ModelEffort effort = model.effort();
    out.printf(
        Locale.ROOT,
        "[%,d requests of %,d tokens; %,d read, %.0f %% saved by common beginnings; %,d written;"
            + " %,.0f tokens/s%s]%n",
        effort.requests(),
        effort.requestTokens(),
        effort.computedTokens(),
        100 * effort.shared(),
        effort.generatedTokens(),
        effort.tokensPerSecond(),
        model.reused() == 0 ? "" : String.format(", %,d items from the log", model.reused()));
  }
}
