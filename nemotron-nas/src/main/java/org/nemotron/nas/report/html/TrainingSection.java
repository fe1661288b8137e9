package org.nemotron.nas.report.html;

import com.google.common.collect.ImmutableList;
import org.nemotron.nas.report.PlainText;
import org.nemotron.nas.report.RunSummary;
import org.nemotron.nas.report.RunSummary.Divergence;
import org.nemotron.nas.report.RunSummary.LossCurve;
import org.nemotron.nas.report.RunSummary.TargetSummary;
import org.nemotron.nas.report.html.LossChart.Line;

/** Loss curves of both distillations, and the candidates that were stopped. */
final class TrainingSection {
  private static final double WIDTH = 1062;
  private static final double HEIGHT = 320;
  private static final double NAME_WIDTH = 190;
  private static final int STYLES = 4;
  private static final int PANELS_SHOWN_AT_ONCE = 12;

  private TrainingSection() {}

  static void write(Markup page, RunSummary summary) {
    local(page, summary);
    diverged(page, summary.diverged());
    page.close();
    global(page, summary);
  }

  private static void local(Markup page, RunSummary summary) {
    Sections.open(
        page,
        "local-distillation",
        "Blockwise local distillation",
        "Each candidate imitates its parent block on the parent's own activations: squared error"
            + " relative to the energy of the parent's output, 1 for a block that outputs zeros."
            + " All layers share one logarithmic axis.");
    if (summary.localDistillation().isEmpty()) {
      page.element("p", "No candidate was trained in this run.", "class", "note");
      return;
    }
    page.open("p", "class", "legend");
    Sections.key(page, "f-attention", "attention candidates");
    Sections.key(page, "f-ffn", "FFN candidates");
    Sections.key(
        page, "f-block", "whole blocks: coupled pairs, and (×2) blocks that cover two layers");
    page.close();
    LocalLossGrid grid = new LocalLossGrid(summary.localDistillation());
    if (grid.size() > PANELS_SHOWN_AT_ONCE) {
      page.open("details").element("summary", grid.size() + " charts, one per layer");
      grid.draw(page);
      page.close();
    } else {
      grid.draw(page);
    }
  }

  private static void diverged(Markup page, ImmutableList<Divergence> diverged) {
    page.element("h3", "Candidates stopped while training");
    if (diverged.isEmpty()) {
      page.element("p", "None: every candidate trained to the end.", "class", "note");
      return;
    }
    Sections.openTable(page, "stopped", "Candidate", "Step", "Reason");
    for (Divergence divergence : diverged) {
      page.open("tr").element("th", divergence.candidate(), "scope", "row");
      page.element("td", Integer.toString(divergence.step()), "class", "number");
      page.element("td", divergence.reason()).close().line();
    }
    Sections.closeTable(page);
  }

  private static void global(Markup page, RunSummary summary) {
    Sections.open(
        page,
        "global-distillation",
        "Global distillation",
        "The assembled child as a whole learns from the parent; each curve is one term of the loss,"
            + " on a logarithmic axis.");
    for (TargetSummary target : summary.targets()) {
      Sections.target(page, target);
      if (target.globalDistillation().isEmpty()) {
        page.element("p", "Switched off for this target.", "class", "note");
        continue;
      }
      ImmutableList<Line> lines = lines(target.globalDistillation());
      page.open("figure", "class", "chart wide");
      new LossChart(lines, LossChart.range(lines), "loss", WIDTH, HEIGHT, NAME_WIDTH)
          .draw(page, "Losses of global distillation for " + target.name());
      page.close().line();
    }
    page.close();
  }

  private static ImmutableList<Line> lines(ImmutableList<LossCurve> curves) {
    ImmutableList.Builder<Line> lines = ImmutableList.builder();
    for (int i = 0; i < curves.size(); i++) {
      LossCurve curve = curves.get(i);
      String name = PlainText.shorten(curve.name(), 26);
      lines.add(new Line(curve.name(), name, "s" + i % STYLES, curve.points()));
    }
    return lines.build();
  }
}
