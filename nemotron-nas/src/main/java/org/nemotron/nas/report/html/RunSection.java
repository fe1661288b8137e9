package org.nemotron.nas.report.html;

import com.google.common.collect.ImmutableList;
import org.nemotron.nas.report.BillText;
import org.nemotron.nas.report.Contender;
import org.nemotron.nas.report.NumberText;
import org.nemotron.nas.report.RunSummary;
import org.nemotron.nas.report.RunSummary.StageSeconds;
import org.nemotron.nas.report.RunSummary.TargetSummary;
import org.nemotron.nas.report.StageBill;

/** How the run was made: time per stage, environment, and where the children are. */
final class RunSection {
  private RunSection() {}

  static void write(Markup page, RunSummary summary) {
    double total =
        summary.stages().stream()
            .filter(stage -> !stage.reused())
            .mapToDouble(StageSeconds::seconds)
            .sum();
    Sections.open(
        page,
        "run",
        "The run",
        NumberText.seconds(total)
            + " for the stages of this run. A hatched stage was taken over from an earlier one.");
    page.open("div", "class", "columns").open("figure", "class", "chart");
    new StageChart(summary.stages()).draw(page);
    page.close().open("dl", "class", "facts");
    summary.environment().forEach((name, value) -> Sections.fact(page, name, value));
    for (TargetSummary target : summary.targets()) {
      Sections.fact(page, Contender.childName(target), target.directory());
    }
    page.close().close();
    bill(page, summary.bill());
    page.close();
  }

  static void bill(Markup page, ImmutableList<StageBill> bill) {
    if (bill.isEmpty()) {
      return;
    }
    page.element("h3", "Estimated before the run, and measured");
    Sections.openTable(page, "bill", BillText.HEADER.toArray(String[]::new));
    for (StageBill stage : bill) {
      page.open("tr");
      BillText.row(stage).forEach(cell -> page.element("td", cell));
      page.close().line();
    }
    Sections.closeTable(page);
  }
}
