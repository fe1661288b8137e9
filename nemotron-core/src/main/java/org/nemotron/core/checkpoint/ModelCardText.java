package org.nemotron.core.checkpoint;

import com.google.common.base.Joiner;
import com.google.common.collect.Iterables;
import java.util.List;
import java.util.Locale;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;

/** What follows the head of a model card, in Markdown. */
final class ModelCardText {
  private static final int HALF_PRECISION_BYTES = 2;
  private static final int OBSTACLES_SHOWN = 3;

  private final StringBuilder text = new StringBuilder();
  private final ModelCard card;

  private ModelCardText(ModelCard card) {
    this.card = card;
  }

  static String toMarkdown(ModelCard card) {
    ModelCardText text = new ModelCardText(card);
    text.origin();
    text.figures();
    text.architecture();
    text.engines();
    text.provenance();
    return text.text.toString();
  }

  private void origin() {
    ModelSpec spec = card.spec();
    line("# %s", escaped(card.name()));
    line("");
    line(
        "A language model of %,d parameters in %d layers, made of **%s**, whose tokenizer it has.",
        spec.parameters(), spec.layers(), escaped(card.parent()));
    line(
        "Its layers were chosen one by one with Puzzle"
            + " ([arXiv:2411.19146](https://arxiv.org/abs/2411.19146)), or are the parent's.");
    if (!card.parentTerms().containsKey("license")) {
      line("The parent's license applies.");
    }
    if (!card.budget().isEmpty()) {
      heading("Budget");
      card.budget().forEach(goal -> line("- %s", escaped(goal)));
    }
  }

  private void figures() {
    if (card.figures().isEmpty()) {
      return;
    }
    heading("Measured");
    row("", escaped(card.parent()), escaped(card.name()));
    row("---", "--:", "--:");
    for (ModelCard.Figure figure : card.figures()) {
      row(escaped(figure.quantity()), escaped(figure.ofParent()), escaped(figure.ofModel()));
    }
  }

  private void architecture() {
    ModelSpec spec = card.spec();
    heading("Architecture");
    line(
        "Width %,d, %d query heads of %d, vocabulary of %,d, %s head, context of %,d tokens.",
        spec.width(),
        spec.queryHeads(),
        spec.headDim(),
        spec.vocabularySize(),
        spec.tiedEmbeddings() ? "tied" : "separate",
        spec.maxPositions());
    line(
        "In half precision the KV cache takes %,d bytes per token, %,d in the whole context.",
        spec.kvCacheBytes(1, HALF_PRECISION_BYTES),
        spec.kvCacheBytes(spec.maxPositions(), HALF_PRECISION_BYTES));
    line("");
    row("layers", "attention", "FFN", "parameters per layer");
    row("---", "---", "---", "--:");
    int begin = 0;
    for (int end = 1; end <= spec.layers(); end++) {
      if (end == spec.layers() || !spec.block(end).equals(spec.block(begin))) {
        layers(begin, end - 1, spec.block(begin));
        begin = end;
      }
    }
  }

  private void layers(int first, int last, BlockSpec block) {
    row(
        first == last ? String.valueOf(first) : first + "–" + last,
        block.attention().accept(new AttentionWords()),
        block.ffn().accept(new FfnWords()),
        format("%,d", block.parameters(card.spec().width())));
  }

  private void engines() {
    heading("Engines");
    Portability portability = Portability.of(card.spec());
    row("engine", "loads it");
    row("---", "---");
    for (ServingEngine engine : ServingEngine.values()) {
      row(
          engine.title(),
          portability.loads(engine)
              ? "yes"
              : "no: " + escaped(firstOf(portability.obstacles(engine))));
    }
  }

  private static String firstOf(List<Portability.Obstacle> obstacles) {
    int more = obstacles.size() - OBSTACLES_SHOWN;
    return Joiner.on("; ").join(Iterables.limit(obstacles, OBSTACLES_SHOWN))
        + (more > 0 ? "; and " + more + " more" : "");
  }

  private void provenance() {
    heading("Provenance");
    card.provenance().forEach((name, value) -> line("- %s: %s", escaped(name), escaped(value)));
  }

  private void heading(String title) {
    line("");
    line("## %s", title);
    line("");
  }

  private void row(String... cells) {
    line("| %s |", Joiner.on(" | ").join(cells));
  }

  private void line(String format, Object... values) {
    text.append(format(format, values)).append('\n');
  }

  private static String format(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }

  /** Returns {@code words} on one line, without what Markdown takes for more than words. */
  private static String escaped(String words) {
    return words.replaceAll("\\s+", " ").strip().replaceAll("([\\\\`*_|<\\[])", "\\\\$1");
  }

  private static final class AttentionWords implements AttentionSpec.Visitor<String> {
    @Override
    public String visit(AttentionSpec.GroupedQuery attention) {
      return attention.kvHeads() == 1 ? "1 KV head" : attention.kvHeads() + " KV heads";
    }

    @Override
    public String visit(AttentionSpec.Linear attention) {
      return "linear";
    }

    @Override
    public String visit(AttentionSpec.NoOp attention) {
      return "none";
    }
  }

  private static final class FfnWords implements FfnSpec.Visitor<String> {
    @Override
    public String visit(FfnSpec.Gated ffn) {
      return format("%,d channels", ffn.channels());
    }

    @Override
    public String visit(FfnSpec.Linear ffn) {
      return "linear";
    }

    @Override
    public String visit(FfnSpec.NoOp ffn) {
      return "none";
    }
  }
}
