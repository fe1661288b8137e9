package org.nemotron.nas.report.html;

import org.nemotron.nas.report.Contender;
import org.nemotron.nas.report.NumberText;
import org.nemotron.nas.report.Role;
import org.nemotron.nas.report.RunSummary;
import org.nemotron.nas.report.RunSummary.ModelFigures;
import org.nemotron.nas.report.RunSummary.TargetSummary;

/** The table of parent, children and baselines. */
final class ComparisonSection {
  private static final int COLUMNS = 10;

  private ComparisonSection() {}

  static void write(Markup page, RunSummary summary) {
    Sections.open(
        page,
        "comparison",
        "Parent, children and baselines",
        "Measured, not predicted. KL is KL(parent ‖ model), mean over held-out tokens, with its"
            + " standard error over sequences. The baselines meet the same budget as the child"
            + " above them: greedy search, a random choice, and starting weights without training."
            + " Before distillation is the child as assembled, before global distillation.");
    Sections.openTable(
        page,
        "figures",
        "Model",
        "Parameters",
        "Weights",
        "KV cache",
        "Tokens/s",
        "Speed",
        "KL (nats)",
        "Loss (nats)",
        "Accuracy",
        "Preserved");
    row(page, summary, new Contender(Role.PARENT, summary.parent()));
    for (TargetSummary target : summary.targets()) {
      page.open("tr", "class", "group").open("th", "colspan", COLUMNS + "", "scope", "rowgroup");
      page.text(target.name()).element("span", target.goal(), "class", "goal");
      page.close().close().line();
      for (Contender contender : Contender.of(target)) {
        row(page, summary, contender);
      }
    }
    Sections.closeTable(page);
    page.close();
  }

  private static void row(Markup page, RunSummary summary, Contender contender) {
    Role role = contender.role();
    ModelFigures model = contender.figures();
    boolean strong = role == Role.PARENT || role == Role.CHILD;
    page.open("tr", "class", strong ? "strong" : "").open("th", "scope", "row");
    page.open("svg", "class", "mark-key", "viewBox", "0 0 22 22", "aria-hidden", "true");
    role.mark().draw(page, role.style(), 11, 11, "");
    page.close().text(contender.label()).close();
    if (contender.foundNone()) {
      for (int column = 1; column < COLUMNS; column++) {
        cell(page, "–");
      }
      page.close().line();
      return;
    }
    cell(page, NumberText.count(model.params()));
    cell(page, NumberText.bytes(model.weightBytes()));
    cell(page, NumberText.bytes(model.kvBytes()));
    cell(page, NumberText.rate(model.tokensPerSecond()));
    cell(page, NumberText.times(model.tokensPerSecond() / summary.parent().tokensPerSecond()));
    if (role == Role.PARENT) {
      cell(page, "–");
    } else {
      page.open("td").text(NumberText.nats(model.klNats()));
      page.element("small", " ± " + NumberText.nats(model.klStandardError())).close();
    }
    cell(page, NumberText.nats(model.lossNats()));
    cell(page, NumberText.percent(model.accuracy()));
    cell(page, NumberText.percent(model.accuracyPreserved()));
    page.close().line();
  }

  private static void cell(Markup page, String text) {
    page.element("td", text);
  }
}
