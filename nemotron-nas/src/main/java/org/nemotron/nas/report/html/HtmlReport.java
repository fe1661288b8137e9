package org.nemotron.nas.report.html;

import com.google.common.base.VerifyException;
import com.google.common.io.Resources;
import java.io.IOException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import org.nemotron.nas.report.RunSummary;

/**
 * Writes a summary as one HTML page for people.
 *
 * <p>The page is complete in itself: style and charts (inline SVG) are in it, no script, no font
 * and no image is fetched. It is well-formed XML too, follows the reader's light or dark setting,
 * and prints. Charts are drawn by this package rather than by a chart library: only so do they take
 * their colors from the style sheet, place their labels apart and need no AWT.
 */
public final class HtmlReport {
  private static final String STYLE_SHEET = "report.css";

  private HtmlReport() {}

  /** Returns the page. */
  public static String render(RunSummary summary) {
    Markup page = new Markup();
    page.open("html", "lang", "en").line();
    head(page, summary.parentName() + ": compression report");
    page.open("body").line();
    hatching(page);
    Overview.write(page, summary);
    page.open("main").line();
    ComparisonSection.write(page, summary);
    BenchmarkSection.write(page, summary);
    FrontierSection.write(page, summary);
    LayerTimeSection.write(page, summary);
    ArchitectureSection.write(page, summary);
    PredictionSection.write(page, summary);
    TrainingSection.write(page, summary);
    ScoresSection.write(page, summary);
    SamplesSection.write(page, summary);
    RunSection.write(page, summary);
    page.close().line().close().line().close();
    return page.finish();
  }

  /** Writes the head of a page; {@code more} are names and values of a further meta element. */
  static void head(Markup page, String title, String... more) {
    page.open("head").line();
    if (more.length > 0) {
      page.empty("meta", more).line();
    }
    page.empty("meta", "charset", "utf-8").line();
    page.empty("meta", "name", "viewport", "content", "width=device-width, initial-scale=1").line();
    page.empty("meta", "name", "color-scheme", "content", "light dark").line();
    page.element("title", title).line();
    page.element("style", styleSheet()).line();
    page.close().line();
  }

  /** Defines the pattern that every chart of the page may fill with. */
  static void hatching(Markup page) {
    page.open("svg", "class", "definitions", "aria-hidden", "true").open("defs");
    page.open(
        "pattern",
        "id",
        "hatch",
        "width",
        "6",
        "height",
        "6",
        "patternUnits",
        "userSpaceOnUse",
        "patternTransform",
        "rotate(45)");
    page.empty("line", "class", "hatch-line", "x1", "1", "y1", "0", "x2", "1", "y2", "6");
    page.close().close().close().line();
  }

  private static String styleSheet() {
    URL resource = Resources.getResource(HtmlReport.class, STYLE_SHEET);
    try {
      return "\n" + Resources.toString(resource, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new VerifyException(STYLE_SHEET + " must be readable beside the classes", e);
    }
  }
}
