package org.nemotron.nas.report.html;

import java.util.Locale;
import org.nemotron.nas.report.NumberText;
import org.nemotron.nas.report.RunSummary;
import org.nemotron.nas.report.RunSummary.AdditivityAudit;
import org.nemotron.nas.report.RunSummary.ScoringSpeed;

/** Whether scores may be added, and the time that scoring took. */
final class ScoresSection {
  private ScoresSection() {}

  static void write(Markup page, RunSummary summary) {
    Sections.open(
        page,
        "scores",
        "Scores",
        "The search adds the scores of single replacements. For sampled pairs of replacements, the"
            + " sum is compared with the KL of a model that has both: on the dashed line, adding is"
            + " exact.");
    page.open("div", "class", "columns").open("figure", "class", "chart");
    AdditivityAudit audit = summary.additivity();
    if (audit.pairs().isEmpty()) {
      page.element("p", "No pair was sampled in this run.", "class", "note");
    } else {
      new AdditivityChart(audit.pairs()).draw(page);
    }
    page.close().open("dl", "class", "facts");
    Sections.fact(page, "pairs sampled", Integer.toString(audit.pairs().size()));
    Sections.fact(page, "correlation", String.format(Locale.ROOT, "%.3f", audit.correlation()));
    ScoringSpeed speed = summary.scoringSpeed();
    Sections.fact(page, "suffix-only scoring", NumberText.seconds(speed.suffixSeconds()));
    Sections.fact(page, "full forward passes", NumberText.seconds(speed.fullSeconds()));
    Sections.fact(page, "candidates in both", Integer.toString(speed.candidates()));
    Sections.fact(page, "measured speed-up", NumberText.times(speed.speedUp()));
    page.close().close().close();
  }
}
