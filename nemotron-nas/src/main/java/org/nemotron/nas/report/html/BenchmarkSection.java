package org.nemotron.nas.report.html;

import com.google.common.collect.ImmutableList;
import org.nemotron.nas.report.BenchmarkText;
import org.nemotron.nas.report.RunSummary;

/** The table of benchmark tasks; absent where the plan names none. */
final class BenchmarkSection {
  private BenchmarkSection() {}

  static void write(Markup page, RunSummary summary) {
    if (summary.benchmarks().isEmpty()) {
      return;
    }
    Sections.open(
        page,
        "benchmarks",
        "Benchmarks",
        "Percent right, or the task's own figure, with its standard error. Preserved is"
            + " child divided by parent on the same items, with a 95 % interval by a paired"
            + " bootstrap. Items that chose the architecture are not among them.");
    Sections.openTable(page, "figures", BenchmarkText.header(summary).toArray(String[]::new));
    for (ImmutableList<String> row : BenchmarkText.rows(summary.benchmarks())) {
      page.open("tr").element("th", row.get(0), "scope", "row");
      row.subList(1, row.size()).forEach(cell -> page.element("td", cell));
      page.close().line();
    }
    Sections.closeTable(page);
    BenchmarkText.remarks(summary.benchmarks()).forEach(remark -> page.element("p", remark));
    page.close();
  }
}
