package org.nemotron.nas.report.html;

import com.google.common.base.Strings;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableListMultimap;
import com.google.common.collect.Multimaps;
import java.util.Comparator;
import java.util.DoubleSummaryStatistics;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.nemotron.nas.report.PlainText;
import org.nemotron.nas.report.RunSummary.LossCurve;
import org.nemotron.nas.report.html.LossChart.Line;

/**
 * Loss curves of local distillation: one small chart per parent layer, all on the same axis.
 *
 * <p>Candidates are told apart by their ids, {@code layer-007.ffn.w352}; a curve with any other
 * name goes to a chart of its own kind after the layers.
 */
final class LocalLossGrid {
  private static final Pattern ID = Pattern.compile("layer-(\\d+)\\.(attention|ffn|block)\\.(.+)");
  private static final String NO_LAYER = "Other candidates";
  private static final double WIDTH = 512;
  private static final double NAME_WIDTH = 118;
  private static final double LEAST_HEIGHT = 230;
  private static final double HEIGHT_PER_CURVE = 12.5;

  private final ImmutableListMultimap<String, Line> panels;
  private final DoubleSummaryStatistics losses;

  LocalLossGrid(ImmutableList<LossCurve> curves) {
    this.panels =
        Multimaps.index(
                ImmutableList.sortedCopyOf(Comparator.comparing(LocalLossGrid::panel), curves),
                LocalLossGrid::panel)
            .entries()
            .stream()
            .collect(
                ImmutableListMultimap.toImmutableListMultimap(
                    entry -> entry.getKey(), entry -> line(entry.getValue())));
    this.losses = LossChart.range(ImmutableList.copyOf(panels.values()));
  }

  /** Returns how many charts there are. */
  int size() {
    return panels.keySet().size();
  }

  /** Draws the charts side by side. */
  void draw(Markup page) {
    page.open("div", "class", "panels");
    int most = panels.asMap().values().stream().mapToInt(lines -> lines.size()).max().orElse(0);
    double height = Math.max(LEAST_HEIGHT, 70 + HEIGHT_PER_CURVE * most);
    for (String panel : panels.keySet()) {
      page.open("figure", "class", "small").element("figcaption", title(panel));
      new LossChart(panels.get(panel), losses, "normalized MSE", WIDTH, height, NAME_WIDTH)
          .draw(page, "Loss of the candidates of " + panel);
      page.close().line();
    }
    page.close();
  }

  private static String title(String panel) {
    return panel.equals(NO_LAYER) ? panel : "Layer " + Integer.parseInt(panel.substring(6));
  }

  private static String panel(LossCurve curve) {
    Matcher id = ID.matcher(curve.name());
    return id.matches() ? "layer " + Strings.padStart(id.group(1), 6, '0') : NO_LAYER;
  }

  private static Line line(LossCurve curve) {
    Matcher id = ID.matcher(curve.name());
    if (!id.matches()) {
      return new Line(curve.name(), PlainText.shorten(curve.name(), 16), "block", curve.points());
    }
    String kind = id.group(2);
    String prefix = kind.equals("attention") ? "attn " : kind.equals("ffn") ? "ffn " : "";
    String spec = id.group(3).replace(".layers", " ×").replaceFirst("^w(?=\\d)", "");
    return new Line(curve.name(), PlainText.shorten(prefix + spec, 16), kind, curve.points());
  }
}
