package org.nemotron.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;

final class ReportPicturesTest {
  private static final String PAGE =
      """
      <!DOCTYPE html>
      <html><head><style>
      :root {
        --card: #ffffff; --ink: #16202b;
      }
      @media (prefers-color-scheme: dark) {
        :root { --card: #18212b; --ink: #e8edf2; }
      }
      body { color: var(--ink); }
      svg text { fill: var(--ink); }
      .tile, svg .tick { font-size: 12px; }
      .grid { stroke: var(--ink); }
      .cell + .fill { fill: red; } .end { fill: blue; }
      svg .tick.end { font-weight: 600; } .tick.mid { font-weight: 700; }
      </style></head><body>
      <svg class="definitions"><defs><pattern id="hatch"/></defs></svg>
      <section id="frontier"><svg viewBox="0 0 30 20.5" style="max-width:30px" role="img" aria-label="Speed"><text class="tick end">7</text></svg></section>
      <section id="architecture">
      <svg viewBox="0 0 30 9" role="img" aria-label="First"><rect class="cell"/></svg>
      <svg viewBox="0 0 30 9" role="img" aria-label="Second"><rect class="hatch"/></svg>
      </section></body></html>
      """;

  private final Path folder;

  ReportPicturesTest(@TempDir Path folder) throws IOException {
    this.folder = folder;
    Files.createDirectories(folder.resolve("run/report"));
    Files.writeString(folder.resolve("run/report/index.html"), PAGE);
  }

  @Test
  void reportPictures_ofARun_areOneFilePerChart() throws Exception {
    int code =
        Main.commandLine()
            .execute(
                "report-pictures",
                folder.resolve("run").toString(),
                folder.resolve("images").toString());
    assertThat(code).isZero();
    assertThat(picture("frontier.svg").getDocumentElement().getAttribute("height"))
        .isEqualTo("20.5");
    assertThat(picture("architecture.svg").getDocumentElement().getAttribute("aria-label"))
        .isEqualTo("First");
    assertThat(picture("architecture-2.svg").getElementsByTagName("pattern").getLength())
        .isEqualTo(1);
  }

  @Test
  void charts_withClassesOfTheSheet_bringTheirRulesAndBothPalettesAlong() {
    String chart = new ReportPage(PAGE).charts("frontier").get(0);
    assertThat(chart)
        .contains("#ffffff", "#18212b", "prefers-color-scheme: dark", "svg text {", "svg .tick {")
        .contains(".end { fill: blue; }", "svg .tick.end {")
        .doesNotContain("body", ".grid", ".fill", ".mid", "pattern");
  }

  @Test
  void charts_ofAPageWithoutTheSection_nameIt() {
    assertThatThrownBy(() -> new ReportPage(PAGE).charts("samples"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the page must have a section samples");
  }

  private Document picture(String name) throws Exception {
    String text = Files.readString(folder.resolve("images").resolve(name));
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(text)));
  }
}
