package org.nemotron.nas.report.html;

import org.nemotron.nas.report.Prediction;
import org.nemotron.nas.report.RunSummary;
import org.nemotron.nas.report.RunSummary.TargetSummary;
import org.nemotron.nas.report.SearchRoundText;

/** Predictions for each child against measurements. */
final class PredictionSection {
  private PredictionSection() {}

  static void write(Markup page, RunSummary summary) {
    Sections.open(
        page,
        "predicted",
        "Predicted against measured",
        "The shaded band is ten per cent to either side of the prediction; an arrow points beyond"
            + " thirty. KL is predicted for the child before global distillation, which then"
            + " lowers it further.");
    for (TargetSummary target : summary.targets()) {
      Sections.target(page, target);
      Sections.openTable(
          page, "predictions", "Quantity", "Predicted", "Measured", "Off by", "−30 % … +30 %");
      for (Prediction prediction : Prediction.of(target)) {
        page.open("tr").element("th", prediction.quantity(), "scope", "row");
        page.element("td", prediction.predictedText());
        page.element("td", prediction.measuredText());
        page.element("td", prediction.change());
        page.open("td", "class", "deviation");
        DeviationBar.draw(page, prediction);
        page.close().close().line();
      }
      Sections.closeTable(page);
      SearchRoundText.sentences(target)
          .forEach(sentence -> page.element("p", sentence, "class", "note"));
    }
    page.close();
  }
}
