package org.nemotron.nas.report.html;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.io.StringReader;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.junit.jupiter.api.Test;
import org.nemotron.nas.report.RunSummary;
import org.nemotron.nas.report.RunSummary.AdditivityAudit;
import org.nemotron.nas.report.RunSummary.Sample;
import org.nemotron.nas.report.RunSummary.TargetSummary;
import org.nemotron.nas.report.SummaryFixture;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

final class HtmlReportTest {
  private static final Pattern RESOURCE =
      Pattern.compile("https?:|//[a-z]|@import|url\\((?!#)|\\ssrc=|<script|<link|<iframe|<img");

  private final String page = HtmlReport.render(SummaryFixture.summary());

  private static Document parse(String html)
      throws ParserConfigurationException, IOException, SAXException {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(html)));
  }

  private static ImmutableList<Element> elements(Document document, String tag) {
    NodeList found = document.getElementsByTagName(tag);
    return IntStream.range(0, found.getLength())
        .mapToObj(i -> (Element) found.item(i))
        .collect(ImmutableList.toImmutableList());
  }

  private static ImmutableList<String> texts(Document document, String tag) {
    return elements(document, tag).stream()
        .map(Element::getTextContent)
        .collect(ImmutableList.toImmutableList());
  }

  @Test
  void render_greedySearchFoundNothing_saysSoInsteadOfFigures() throws Exception {
    String found = HtmlReport.render(SummaryFixture.withoutGreedy());
    assertThat(texts(parse(found), "th")).contains("greedy", "greedy: found none");
    assertThat(texts(parse(page), "text")).contains("greedy · 2x");
    assertThat(texts(parse(found), "text")).contains("greedy · 1.5x").doesNotContain("greedy · 2x");
  }

  @Test
  void render_realRun_beginsWithTheHeadlines() throws Exception {
    assertThat(texts(parse(page), "p"))
        .contains(
            "child 1.5x: 1.62 ± 0.01× the parent's throughput with 96.8 % of its accuracy",
            "child 2x: 2.04 ± 0.01× the parent's throughput with 93.7 % of its accuracy");
  }

  @Test
  void render_realRun_referencesNothingOutside() {
    assertThat(RESOURCE.matcher(page).results().map(match -> match.group()))
        .as("references to other files")
        .isEmpty();
  }

  @Test
  void render_realRun_everyLinkLeadsToASection() throws Exception {
    Document document = parse(page);
    ImmutableSet<String> sections =
        elements(document, "section").stream()
            .map(section -> "#" + section.getAttribute("id"))
            .collect(ImmutableSet.toImmutableSet());
    assertThat(elements(document, "a").stream().map(link -> link.getAttribute("href")))
        .containsExactlyInAnyOrderElementsOf(sections);
  }

  @Test
  void render_realRun_tellsEveryModelInTheComparison() throws Exception {
    Element table = elements(parse(page), "table").get(0);
    assertThat(table.getElementsByTagName("tr").getLength())
        .as("header, parent, two groups of a title and five models")
        .isEqualTo(1 + 1 + 2 * (1 + 5));
    assertThat(table.getTextContent()).contains("0.0412 ± 0.0016", "96.8 %", "16.0 MiB");
  }

  @Test
  void render_realRun_drawsOneChartPerLayerOfLocalDistillation() throws Exception {
    assertThat(texts(parse(page), "figcaption"))
        .containsExactlyElementsOf(
            IntStream.range(0, SummaryFixture.LAYERS)
                .mapToObj(layer -> "Layer " + layer)
                .collect(ImmutableList.toImmutableList()));
  }

  @Test
  void render_realRun_namesDivergedCandidatesStagesAndEnvironment() {
    assertThat(page)
        .contains("layer-005.attention.linear", "loss is NaN after a finite step")
        .contains("local distillation", "2 min 8 s", "· reused")
        .contains("Linux amd64, 2 cores", "run/child-2x");
  }

  @Test
  void render_promptSharedByTargets_showsTheParentOnceBesideEveryChild() throws Exception {
    Element first = elements(parse(page), "article").get(0);
    NodeList authors = first.getElementsByTagName("h4");
    assertThat(IntStream.range(0, authors.getLength()).mapToObj(authors::item))
        .extracting(author -> author.getTextContent())
        .containsExactly("parent", "child 1.5x", "child 2x");
  }

  @Test
  void render_styleSheet_passesUnescaped() throws Exception {
    String style = page.substring(page.indexOf("<style>"), page.indexOf("</style>"));
    assertThat(style).contains("prefers-color-scheme: dark", "@media print");
    assertThat(style).doesNotContain("&");
  }

  @Test
  void render_hostileText_staysText() throws Exception {
    String hostile = "</p><script>alert(\"1\")</script> & 'x' \u0000\u001b[31m\uD800";
    RunSummary summary =
        SummaryFixture.summary(ImmutableList.of(new Sample(hostile, hostile, hostile)));
    String html = HtmlReport.render(summary);
    assertThat(html).doesNotContain("<script").doesNotContain("\u001b");
    assertThat(texts(parse(html), "p"))
        .contains("</p><script>alert(\"1\")</script> & 'x' \uFFFD\uFFFD[31m\uFFFD");
  }

  @Test
  void render_nothingOptional_saysSo() throws Exception {
    RunSummary full = SummaryFixture.summary(ImmutableList.of());
    TargetSummary one = full.mainTarget();
    TargetSummary bare =
        new TargetSummary(
            "only",
            one.goal(),
            one.directory(),
            one.speedUp(),
            one.speedUpMachine(),
            one.limits(),
            one.child(),
            one.childBeforeDistillation(),
            one.greedy(),
            one.random(),
            one.untrained(),
            one.predicted(),
            one.solution(),
            one.layerTimes(),
            ImmutableList.of(),
            ImmutableList.of());
    RunSummary summary =
        new RunSummary(
            full.parentName(),
            full.scenario(),
            full.parent(),
            full.parentLayerTimes(),
            ImmutableList.of(bare),
            ImmutableList.of(),
            ImmutableList.of(),
            ImmutableList.of(),
            full.scoringSpeed(),
            new AdditivityAudit(ImmutableList.of(), 0),
            ImmutableList.of(),
            ImmutableMap.of());
    assertThat(texts(parse(HtmlReport.render(summary)), "p"))
        .contains(
            "No candidate was trained in this run.",
            "None: every candidate trained to the end.",
            "Switched off for this target.",
            "No pair was sampled in this run.",
            "No prompt was given.");
  }
}
