package org.nemotron.nas.report.html;

import org.nemotron.nas.report.RunSummary;
import org.nemotron.nas.report.RunSummary.TargetSummary;

/** Where the time is saved. */
final class LayerTimeSection {
  private LayerTimeSection() {}

  static void write(Markup page, RunSummary summary) {
    Sections.open(
        page,
        "layer-times",
        "Run time per layer",
        "Colored: what the child still takes for the whole scenario. Hatched: what the parent took"
            + " beyond it, the time saved. A block that covers several layers spans them, its time"
            + " shared equally.");
    for (TargetSummary target : summary.targets()) {
      Sections.target(page, target);
      page.open("p", "class", "legend");
      Sections.key(page, "f-attention", "attention of the child");
      Sections.key(page, "f-ffn", "FFN of the child");
      Sections.key(page, "hatched", "saved against the parent");
      page.close().open("figure", "class", "chart wide");
      new LayerTimeChart(summary.parentLayerTimes(), target).draw(page);
      page.close().line();
    }
    page.close();
  }
}
