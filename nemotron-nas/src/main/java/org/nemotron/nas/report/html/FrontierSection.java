package org.nemotron.nas.report.html;

import org.nemotron.nas.report.RunSummary;

/** The efficient frontier. */
final class FrontierSection {
  private FrontierSection() {}

  static void write(Markup page, RunSummary summary) {
    Sections.open(
        page,
        "frontier",
        "Efficient frontier",
        "The line is what the search predicts to be possible at each throughput; the marks are"
            + " measured. Further right is faster, further up is more accurate.");
    page.open("figure", "class", "chart wide");
    new FrontierChart(summary).draw(page);
    page.close().close();
  }
}
