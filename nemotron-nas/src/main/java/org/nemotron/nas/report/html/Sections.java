package org.nemotron.nas.report.html;

import org.nemotron.nas.report.RunSummary.TargetSummary;

/** Sections of the page: how they begin, and the small pieces that several of them use. */
final class Sections {
  private Sections() {}

  /** Opens a section with its heading and one sentence on how to read it. */
  static void open(Markup page, String id, String title, String lead) {
    page.line().open("section", "id", id).element("h2", title);
    page.element("p", lead, "class", "lead").line();
  }

  /** Writes the heading of one target within a section. */
  static void target(Markup page, TargetSummary target) {
    page.open("h3").text(target.name());
    page.element("span", target.goal(), "class", "goal").close().line();
  }

  /** Writes an entry of a legend: a small box in the color of {@code style}, and its meaning. */
  static void key(Markup page, String style, String meaning) {
    page.open("span", "class", "key").element("span", "", "class", "swatch " + style);
    page.text(meaning).close();
  }

  /** Opens a table that scrolls by itself when the window is narrow. */
  static void openTable(Markup page, String style, String... titles) {
    page.open("div", "class", "scroll").open("table", "class", style).open("thead").open("tr");
    for (String title : titles) {
      page.element("th", title, "scope", "col");
    }
    page.close().close().line().open("tbody").line();
  }

  /** Closes the table of {@link #openTable}. */
  static void closeTable(Markup page) {
    page.close().close().close().line();
  }

  /** Writes one entry of a list of facts. */
  static void fact(Markup page, String name, String value) {
    page.open("div").element("dt", name).element("dd", value).close();
  }
}
