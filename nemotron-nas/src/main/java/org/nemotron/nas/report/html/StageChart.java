package org.nemotron.nas.report.html;

import com.google.common.collect.ImmutableList;
import org.nemotron.nas.report.NumberText;
import org.nemotron.nas.report.PlainText;
import org.nemotron.nas.report.RunSummary.StageSeconds;

/** The run time of every stage, one bar each; a stage taken from an earlier run is hatched. */
final class StageChart {
  private static final double WIDTH = 512;
  private static final double ROW = 30;
  private static final double NAME_WIDTH = 168;
  private static final double VALUE_WIDTH = 120;

  private final ImmutableList<StageSeconds> stages;

  StageChart(ImmutableList<StageSeconds> stages) {
    this.stages = stages;
  }

  /** Draws the chart. */
  void draw(Markup page) {
    double longest = stages.stream().mapToDouble(StageSeconds::seconds).max().orElse(0);
    Scale across = new Scale.Linear(0, Math.max(longest, 1e-3), NAME_WIDTH, WIDTH - VALUE_WIDTH);
    Plot.openSvg(page, WIDTH, ROW * stages.size() + 8, "Seconds per stage");
    for (int i = 0; i < stages.size(); i++) {
      StageSeconds stage = stages.get(i);
      double top = 4 + i * ROW;
      double width = Math.max(2, across.at(stage.seconds()) - NAME_WIDTH);
      Plot.text(page, "label end", NAME_WIDTH - 12, top + 19, PlainText.shorten(stage.stage(), 22));
      Plot.box(
          page,
          stage.reused() ? "hatch h-stage" : "fill f-stage",
          new Box(NAME_WIDTH, top + 5, width, ROW - 10),
          stage.stage() + ": " + NumberText.seconds(stage.seconds()));
      String note = NumberText.seconds(stage.seconds()) + (stage.reused() ? " · reused" : "");
      Plot.text(page, "value", NAME_WIDTH + width + 8, top + 19, note);
    }
    page.close();
  }
}
