package org.nemotron.nas.report;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Benchmarks of a run as cells of text, for the terminal and the page. */
public final class BenchmarkText {
  private BenchmarkText() {}

  /** Returns the titles of the columns. */
  public static ImmutableList<String> header(RunSummary summary) {
    ImmutableList.Builder<String> titles = ImmutableList.builder();
    titles.add("benchmark", "shots", "items", "metric", "parent");
    for (RunSummary.TargetSummary target : summary.targets()) {
      titles.add(PlainText.shorten(Contender.childName(target), 20), "preserved");
    }
    return titles.build();
  }

  /** Returns the rows; the last one has the means of the ratios. */
  public static ImmutableList<ImmutableList<String>> rows(BenchmarkTable table) {
    ImmutableList.Builder<ImmutableList<String>> rows = ImmutableList.builder();
    for (BenchmarkTable.Row row : table.rows()) {
      List<String> cells = new ArrayList<>();
      cells.add(row.benchmark());
      cells.add(String.valueOf(row.shots()));
      cells.add(String.valueOf(row.items()));
      cells.add(row.metric());
      cells.add(figure(row, row.parent()));
      for (BenchmarkTable.Child child : row.children()) {
        cells.add(figure(row, child.figure()));
        cells.add(preserved(child.preserved()));
      }
      rows.add(ImmutableList.copyOf(cells));
    }
    for (BenchmarkTable.Missing missing : table.missing()) {
      List<String> cells = new ArrayList<>();
      cells.addAll(List.of(missing.benchmark(), "", "", missing.metric(), missing.state()));
      table.meanPreserved().forEach(child -> cells.addAll(List.of(missing.state(), "-")));
      rows.add(ImmutableList.copyOf(cells));
    }
    List<String> means = new ArrayList<>(List.of("mean of ratios", "", "", "", ""));
    for (ImmutableList<BenchmarkTable.Preserved> mean : table.meanPreserved()) {
      means.add("");
      means.add(preserved(mean));
    }
    return rows.add(ImmutableList.copyOf(means)).build();
  }

  /** Returns why benchmarks have no figures, a sentence for each. */
  public static ImmutableList<String> remarks(BenchmarkTable table) {
    return table.missing().stream()
        .map(
            missing ->
                "%s is %s: %s.".formatted(missing.benchmark(), missing.state(), missing.reason()))
        .collect(ImmutableList.toImmutableList());
  }

  private static String figure(BenchmarkTable.Row row, BenchmarkTable.Figure figure) {
    int factor = row.share() ? 100 : 1;
    return String.format(
        Locale.ROOT, "%.2f±%.2f", factor * figure.value(), factor * figure.standardError());
  }

  private static String preserved(ImmutableList<BenchmarkTable.Preserved> ratios) {
    return ratios.isEmpty()
        ? "-"
        : String.format(
            Locale.ROOT,
            "%.2f %% (%.1f to %.1f)",
            100 * ratios.get(0).value(),
            100 * ratios.get(0).low(),
            100 * ratios.get(0).high());
  }
}
