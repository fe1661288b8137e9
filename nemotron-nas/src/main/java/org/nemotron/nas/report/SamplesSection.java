package org.nemotron.nas.report;

import org.nemotron.nas.report.RunSummary.Sample;
import org.nemotron.nas.report.RunSummary.TargetSummary;

/** The same prompts continued by parent and child. */
final class SamplesSection {
  private SamplesSection() {}

  static void write(Markup page, RunSummary summary) {
    Sections.open(
        page,
        "samples",
        "Text samples",
        "The same prompts, continued by the parent and by the child.");
    for (TargetSummary target : summary.targets()) {
      Sections.target(page, target);
      for (Sample sample : target.samples()) {
        write(page, target, sample);
      }
      if (target.samples().isEmpty()) {
        page.element("p", "No prompt was given.", "class", "note");
      }
    }
    page.close();
  }

  private static void write(Markup page, TargetSummary target, Sample sample) {
    page.open("article", "class", "sample").element("p", sample.prompt(), "class", "prompt");
    page.open("div", "class", "columns");
    continuation(page, "Parent", sample.parent());
    continuation(page, Contender.childName(target), sample.child());
    page.close().close().line();
  }

  private static void continuation(Markup page, String by, String text) {
    page.open("div").element("h4", by).element("p", text, "class", "text").close();
  }
}
