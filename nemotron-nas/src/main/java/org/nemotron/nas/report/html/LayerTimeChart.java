package org.nemotron.nas.report.html;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.function.ToDoubleFunction;
import org.nemotron.nas.report.LayerText;
import org.nemotron.nas.report.NumberText;
import org.nemotron.nas.report.RunSummary.ChosenLayer;
import org.nemotron.nas.report.RunSummary.LayerTime;
import org.nemotron.nas.report.RunSummary.TargetSummary;

/**
 * Run time per layer, attention and FFN apart: the parent's bar, and in front of it the child's
 * time; the visible rest of the parent's bar is the time saved.
 *
 * <p>A block that covers several layers is drawn across all of them at its time divided by their
 * number, so that areas stay times.
 *
 * <p>Source: Puzzle, arXiv:2411.19146, the figure of run time per layer.
 */
final class LayerTimeChart {
  private static final double WIDTH = 1062;
  private static final double HEIGHT = 196;
  private static final double BAR_SHARE = 0.72;
  private static final Box FRAME = new Box(72, 12, WIDTH - 72 - 16, HEIGHT - 12 - 48);

  private final ImmutableList<LayerTime> parent;
  private final TargetSummary target;
  private final Scale vertical;
  private final double slot;

  LayerTimeChart(ImmutableList<LayerTime> parent, TargetSummary target) {
    this.parent = parent;
    this.target = target;
    double most = 1e-6;
    for (LayerTime time : parent) {
      most = Math.max(most, Math.max(time.attentionNanos(), time.ffnNanos()) / 1e6);
    }
    for (LayerTime time : target.layerTimes()) {
      most = Math.max(most, Math.max(time.attentionNanos(), time.ffnNanos()) / 1e6);
    }
    this.vertical = Scale.linear(0, most, FRAME.bottom(), FRAME.top());
    this.slot = FRAME.width() / Math.max(1, parent.size());
  }

  /** Draws both panels, each under a line with its totals. */
  void draw(Markup page) {
    drawPanel(page, "Attention", "attention", LayerTime::attentionNanos);
    drawPanel(page, "FFN", "ffn", LayerTime::ffnNanos);
  }

  private void drawPanel(
      Markup page, String title, String style, ToDoubleFunction<LayerTime> nanos) {
    double before = parent.stream().mapToDouble(nanos).sum();
    double after = target.layerTimes().stream().mapToDouble(nanos).sum();
    page.open("p", "class", "panel-title").element("strong", title);
    page.text(
        " all layers: "
            + NumberText.millis(before)
            + " in the parent, "
            + NumberText.millis(after)
            + " in the child (");
    page.element("strong", NumberText.change(before, after)).text(")").close();
    Plot.openSvg(page, WIDTH, HEIGHT, title + " run time per layer, parent and child");
    Plot plot = new Plot(FRAME, new Scale.Linear(0, 1, FRAME.left(), FRAME.right()), vertical);
    plot.drawVerticalAxis(page, "ms per scenario", 4, NumberText::tick);
    parent.forEach(time -> drawParentBar(page, time, nanos));
    ImmutableMap<Integer, ChosenLayer> blocks =
        target.solution().layers().stream()
            .collect(ImmutableMap.toImmutableMap(ChosenLayer::layer, block -> block));
    for (LayerTime time : target.layerTimes()) {
      ChosenLayer block = blocks.get(time.layer());
      drawChildBar(page, style, time, block == null ? 1 : block.covers(), nanos);
    }
    Plot.line(page, "base", FRAME.left(), FRAME.bottom(), FRAME.right(), FRAME.bottom());
    drawLayerNumbers(page);
    page.close();
  }

  private void drawParentBar(Markup page, LayerTime time, ToDoubleFunction<LayerTime> nanos) {
    double value = nanos.applyAsDouble(time);
    String tip = "layer " + time.layer() + ", parent: " + NumberText.millis(value);
    Plot.box(page, "saved", bar(time.layer(), 1, value), tip);
  }

  private void drawChildBar(
      Markup page, String style, LayerTime time, int covers, ToDoubleFunction<LayerTime> nanos) {
    double value = nanos.applyAsDouble(time);
    String layers = LayerText.range(time.layer(), covers);
    String tip = layers + ", child: " + NumberText.millis(value);
    Plot.box(page, "bar c-" + style, bar(time.layer(), covers, value / covers), tip);
  }

  private Box bar(int layer, int covers, double nanos) {
    double margin = slot * (1 - BAR_SHARE) / 2;
    double top = vertical.at(nanos / 1e6);
    return new Box(
        FRAME.left() + layer * slot + margin,
        top,
        covers * slot - 2 * margin,
        FRAME.bottom() - top);
  }

  private void drawLayerNumbers(Markup page) {
    int every = (int) Math.max(1, Math.ceil(24 / slot));
    for (int layer = 0; layer < parent.size(); layer += every) {
      double middle = FRAME.left() + (layer + 0.5) * slot;
      Plot.text(page, "tick mid", middle, FRAME.bottom() + 16, Integer.toString(layer));
    }
    Plot.text(
        page, "axis mid", FRAME.left() + FRAME.width() / 2, FRAME.bottom() + 36, "parent layer");
  }
}
