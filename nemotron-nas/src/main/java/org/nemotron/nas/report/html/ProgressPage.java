package org.nemotron.nas.report.html;

import org.nemotron.nas.report.NumberText;
import org.nemotron.nas.report.RunProgress;
import org.nemotron.nas.report.RunSummary.StageSeconds;

/**
 * The page of a run that is under way: the stages that are done, what they were estimated to take,
 * and what is to come. It stands where the report will, and asks for itself again, so that a
 * browser that is left open shows the report in the end.
 */
public final class ProgressPage {
  private static final String EVERY_SECONDS = "10";

  private ProgressPage() {}

  /** Returns the page. */
  public static String render(RunProgress progress) {
    Markup page = new Markup();
    page.open("html", "lang", "en").line();
    HtmlReport.head(
        page,
        progress.parentName() + ": compression under way",
        "http-equiv",
        "refresh",
        "content",
        EVERY_SECONDS);
    page.open("body").line();
    HtmlReport.hatching(page);
    page.open("header").element("p", "Compression under way", "class", "eyebrow");
    page.element("h1", progress.parentName());
    for (String target : progress.targets()) {
      page.element("p", target, "class", "scenario").line();
    }
    page.close().line().open("main").line();
    done(page, progress);
    ahead(page, progress);
    page.close().line().close().line().close();
    return page.finish();
  }

  private static void done(Markup page, RunProgress progress) {
    double total =
        progress.stages().stream()
            .filter(stage -> !stage.reused())
            .mapToDouble(StageSeconds::seconds)
            .sum();
    Sections.open(
        page,
        "done",
        "Done so far",
        NumberText.seconds(total)
            + " for the stages of this run. A hatched stage was taken over from an earlier one."
            + " This page is written again after each stage, and is the report in the end.");
    page.open("figure", "class", "chart");
    new StageChart(progress.stages()).draw(page);
    page.close();
    RunSection.bill(page, progress.bill());
    page.close();
  }

  private static void ahead(Markup page, RunProgress progress) {
    if (progress.ahead().isEmpty()) {
      return;
    }
    Sections.open(
        page,
        "ahead",
        "To come",
        "About "
            + NumberText.seconds(progress.secondsAhead())
            + ", by the estimate made before the run.");
    Sections.openTable(page, "bill", "stage", "time said");
    progress
        .ahead()
        .forEach(
            (stage, seconds) ->
                page.open("tr")
                    .element("td", stage)
                    .element("td", NumberText.seconds(seconds))
                    .close()
                    .line());
    Sections.closeTable(page);
    page.close();
  }
}
