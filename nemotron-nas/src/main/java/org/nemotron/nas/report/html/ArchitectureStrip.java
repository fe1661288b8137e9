package org.nemotron.nas.report.html;

import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.nas.report.LayerText;
import org.nemotron.nas.report.RunSummary.ChosenLayer;
import org.nemotron.nas.report.RunSummary.Solution;

/**
 * The child at a glance: one column per parent layer, attention above and FFN below, each cell
 * filled as far as the sub-block is kept. A block that covers several layers spans their columns.
 */
final class ArchitectureStrip {
  private static final double WIDTH = 1062;
  private static final double LEFT = 92;
  private static final double CELL = 62;
  private static final double GAP = 6;
  private static final double TOP = 6;
  private static final double ROW_GAP = 10;
  private static final double ROOM_FOR_TEXT = 46;
  private static final double DIGIT = 8;

  private final Solution solution;
  private final int mostKvHeads;
  private final int mostChannels;
  private final double slot;

  /**
   * Fills cells relative to the widest sub-blocks of any child.
   *
   * @param mostKvHeads the KV heads of a full attention cell
   * @param mostChannels the channels of a full FFN cell
   */
  ArchitectureStrip(Solution solution, int mostKvHeads, int mostChannels) {
    this.solution = solution;
    this.mostKvHeads = mostKvHeads;
    this.mostChannels = mostChannels;
    this.slot = (WIDTH - LEFT) / Math.max(1, solution.parentLayers());
  }

  /** Draws the strip. */
  void draw(Markup page) {
    double ffnTop = TOP + CELL + ROW_GAP;
    Plot.openSvg(page, WIDTH, ffnTop + CELL + 24, "Attention and FFN of every layer of the child");
    Plot.text(page, "row-name end", LEFT - 12, TOP + CELL / 2 + 4, "Attention");
    Plot.text(page, "row-name end", LEFT - 12, ffnTop + CELL / 2 + 4, "FFN");
    for (ChosenLayer block : solution.layers()) {
      drawBlock(page, block, ffnTop);
    }
    page.close();
  }

  private void drawBlock(Markup page, ChosenLayer block, double ffnTop) {
    String where = LayerText.range(block.layer(), block.covers());
    AttentionSpec attention = block.spec().attention();
    FfnSpec ffn = block.spec().ffn();
    Filling heads = attention.accept(new AttentionFilling());
    Filling channels = ffn.accept(new FfnFilling());
    String head = where + ": " + LayerText.attention(attention) + ", " + block.origin();
    String tail = where + ": " + LayerText.ffn(ffn) + ", " + block.origin();
    drawCell(page, cell(block, TOP), "attention", heads, head);
    drawCell(page, cell(block, ffnTop), "ffn", channels, tail);
    drawNumber(page, block, cell(block, ffnTop));
  }

  /** Writes the layers below the block; only every so many layers where columns are narrow. */
  private void drawNumber(Markup page, ChosenLayer block, Box under) {
    int last = block.layer() + block.covers() - 1;
    String range = block.covers() == 1 ? "" + last : block.layer() + "–" + last;
    boolean fits = range.length() * DIGIT + DIGIT <= slot * block.covers();
    if (fits || block.layer() % (int) Math.ceil(3 * DIGIT / slot) == 0) {
      String number = fits ? range : Integer.toString(block.layer());
      double width = fits ? under.width() : under.width() / block.covers();
      Plot.text(page, "tick mid", under.left() + width / 2, under.bottom() + 17, number);
    }
  }

  private Box cell(ChosenLayer block, double top) {
    double gap = Math.min(GAP, slot * 0.2);
    return new Box(LEFT + block.layer() * slot, top, block.covers() * slot - gap, CELL);
  }

  private void drawCell(Markup page, Box cell, String style, Filling filling, String tip) {
    Plot.box(page, "cell", cell, tip);
    double height = cell.height() * Math.min(1, filling.share());
    Box fill = new Box(cell.left(), cell.bottom() - height, cell.width(), height);
    Plot.box(page, (filling.hatched() ? "hatch h-" : "fill f-") + style, fill, tip);
    Plot.box(page, "cell-edge e-" + style, cell, tip);
    if (cell.width() >= ROOM_FOR_TEXT) {
      double middle = cell.left() + cell.width() / 2;
      String plate = filling.hatched() ? "cell-text on-hatch mid" : "cell-text mid";
      Plot.text(page, plate, middle, cell.top() + cell.height() / 2 + 5, filling.text());
    }
  }

  /** How full a cell is, and what stands in it. */
  private record Filling(double share, boolean hatched, String text) {}

  private final class AttentionFilling implements AttentionSpec.Visitor<Filling> {
    @Override
    public Filling visit(AttentionSpec.GroupedQuery attention) {
      return new Filling(
          (double) attention.kvHeads() / mostKvHeads, false, "kv " + attention.kvHeads());
    }

    @Override
    public Filling visit(AttentionSpec.Linear attention) {
      return new Filling(1, true, "linear");
    }

    @Override
    public Filling visit(AttentionSpec.NoOp attention) {
      return new Filling(0, false, "none");
    }
  }

  private final class FfnFilling implements FfnSpec.Visitor<Filling> {
    @Override
    public Filling visit(FfnSpec.Gated ffn) {
      return new Filling(
          (double) ffn.channels() / mostChannels, false, Integer.toString(ffn.channels()));
    }

    @Override
    public Filling visit(FfnSpec.Linear ffn) {
      return new Filling(1, true, "linear");
    }

    @Override
    public Filling visit(FfnSpec.NoOp ffn) {
      return new Filling(0, false, "none");
    }
  }
}
