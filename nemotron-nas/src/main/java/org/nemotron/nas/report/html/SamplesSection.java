package org.nemotron.nas.report.html;

import com.google.common.collect.ImmutableListMultimap;
import com.google.common.collect.ImmutableSet;
import org.nemotron.nas.report.Contender;
import org.nemotron.nas.report.RunSummary;
import org.nemotron.nas.report.RunSummary.Sample;
import org.nemotron.nas.report.RunSummary.TargetSummary;

/** The same prompts continued by the parent and by every child, side by side. */
final class SamplesSection {
  private SamplesSection() {}

  static void write(Markup page, RunSummary summary) {
    Sections.open(
        page,
        "samples",
        "Text samples",
        "The same prompts, continued by the parent and by each child.");
    ImmutableListMultimap.Builder<String, Text> texts = ImmutableListMultimap.builder();
    for (TargetSummary target : summary.targets()) {
      for (Sample sample : target.samples()) {
        texts.put(sample.prompt(), new Text("parent", sample.parent()));
        texts.put(sample.prompt(), new Text(Contender.childName(target), sample.child()));
      }
    }
    ImmutableListMultimap<String, Text> byPrompt = texts.build();
    byPrompt.asMap().forEach((prompt, written) -> write(page, prompt, written));
    if (byPrompt.isEmpty()) {
      page.element("p", "No prompt was given.", "class", "note");
    }
    page.close();
  }

  /**
   * Writes one prompt; the parent's continuation, which is the same for every target, is written
   * once.
   */
  private static void write(Markup page, String prompt, Iterable<Text> written) {
    page.open("article", "class", "sample").element("p", prompt, "class", "prompt");
    page.open("div", "class", "texts");
    for (Text text : ImmutableSet.copyOf(written)) {
      page.open("div").element("h4", text.author());
      page.element("p", text.words(), "class", "text").close();
    }
    page.close().close().line();
  }

  private record Text(String author, String words) {}
}
