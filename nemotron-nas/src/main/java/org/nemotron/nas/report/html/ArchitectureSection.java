package org.nemotron.nas.report.html;

import com.google.common.collect.ImmutableList;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.nas.report.LayerText;
import org.nemotron.nas.report.NumberText;
import org.nemotron.nas.report.RunSummary;
import org.nemotron.nas.report.RunSummary.ChosenLayer;
import org.nemotron.nas.report.RunSummary.Solution;
import org.nemotron.nas.report.RunSummary.TargetSummary;

/** The chosen architecture of every child, layer by layer. */
final class ArchitectureSection {
  private ArchitectureSection() {}

  static void write(Markup page, RunSummary summary) {
    Sections.open(
        page,
        "architecture",
        "Chosen architecture",
        "Each column is a layer of the parent, numbered from 0; a cell is filled as far as its"
            + " sub-block is kept, relative to the widest one of any child. Numbers are KV heads"
            + " and FFN channels.");
    ImmutableList<BlockSpec> blocks =
        summary.targets().stream()
            .flatMap(target -> target.solution().layers().stream())
            .map(ChosenLayer::spec)
            .collect(ImmutableList.toImmutableList());
    int heads =
        blocks.stream().mapToInt(block -> LayerText.kvHeads(block.attention())).max().orElse(0);
    int channels =
        blocks.stream().mapToInt(block -> LayerText.channels(block.ffn())).max().orElse(0);
    for (TargetSummary target : summary.targets()) {
      Sections.target(page, target);
      page.element("p", proof(target.solution()), "class", "note");
      page.open("figure", "class", "chart wide");
      new ArchitectureStrip(target.solution(), heads, channels).draw(page);
      page.close().line();
      writeTable(page, target.solution());
    }
    page.close();
  }

  private static String proof(Solution solution) {
    String quality =
        solution.gap() == 0
            ? "proven to be the best within the budget"
            : "at most " + NumberText.percent(solution.gap()) + " above the best possible";
    return "Summed score "
        + NumberText.nats(solution.score())
        + " nats, bound "
        + NumberText.nats(solution.bound())
        + ": "
        + quality
        + ". Found in "
        + NumberText.seconds(solution.seconds())
        + " at batch "
        + solution.batch()
        + ".";
  }

  private static void writeTable(Markup page, Solution solution) {
    page.open("details").element("summary", "Layer by layer");
    Sections.openTable(page, "layers", "Layer", "Attention", "FFN", "Weights from", "Score (nats)");
    for (ChosenLayer block : solution.layers()) {
      page.open("tr").element("th", LayerText.range(block.layer(), block.covers()), "scope", "row");
      page.element("td", LayerText.attention(block.spec().attention()));
      page.element("td", LayerText.ffn(block.spec().ffn()));
      page.element("td", block.origin());
      page.element("td", NumberText.nats(block.score()), "class", "number").close().line();
    }
    Sections.closeTable(page);
    page.close().line();
  }
}
