package org.nemotron.nas.report.html;

import com.google.common.collect.ImmutableList;
import org.nemotron.nas.report.RunSummary;
import org.nemotron.nas.report.TaskFrontier;

/** The efficient frontier, by held-out accuracy and by benchmark tasks if there are any. */
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
    FrontierChart.ofHeldOut(summary).draw(page);
    page.close();
    ImmutableList<TaskFrontier.Point> tasks = TaskFrontier.of(summary);
    if (!tasks.isEmpty()) {
      page.element(
          "p",
          "The same by benchmark tasks: the mean over the benchmarks of a model's figure divided by"
              + " the parent's, with its 95 % interval.",
          "class",
          "lead");
      page.open("figure", "class", "chart wide");
      FrontierChart.ofTasks(summary, tasks).draw(page);
      page.close();
    }
    page.close();
  }
}
