package org.nemotron.nas.report.html;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.nemotron.nas.report.ThroughputRow;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

final class ThroughputPageTest {
  private static ThroughputRow row(String model, int batch, double rate, double published) {
    return row(model, 1, batch, rate, new ThroughputRow.Published(published, 1));
  }

  private static ThroughputRow row(
      String model, int gpus, int batch, double rate, ThroughputRow.Published published) {
    return new ThroughputRow(
        model, "128/1024", "FP8", gpus, batch, rate, published, 10_237, 70L << 30);
  }

  private static ThroughputRow unpublished(String formats, int batch, double rate) {
    ThroughputRow.Published none = new ThroughputRow.Published(0, 1);
    return new ThroughputRow("51B", "9/9", formats, 1, batch, rate, none, 0, 0);
  }

  private static String page(ThroughputRow... rows) {
    return ThroughputPage.render(
        "Rows of <Table 3>", "One GPU.", "TensorRT-LLM", ImmutableList.copyOf(rows));
  }

  private static Document parsed(String page) throws Exception {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(page.substring(page.indexOf('\n') + 1))));
  }

  @Test
  void render_severalBatches_isWellFormedWithARowForEachAndACurveForEachModel() throws Exception {
    Document page =
        parsed(
            page(
                row("51B", 64, 4000, 6472),
                row("51B", 192, 7226, 6472),
                row("70B", 16, 700, 0),
                row("70B", 28, 1129, 0)));
    assertThat(page.getElementsByTagName("tr").getLength()).isEqualTo(1 + 4);
    assertThat(page.getElementsByTagName("svg").getLength()).isEqualTo(1);
    assertThat(page.getElementsByTagName("h1").item(0).getTextContent())
        .isEqualTo("Rows of <Table 3>");
    String second = page.getElementsByTagName("tr").item(2).getTextContent();
    assertThat(second).contains("7,226", "6,472", "1.12", "10,237", "70.6", "192");
    assertThat(page.getElementsByTagName("tr").item(3).getTextContent()).contains("––");
  }

  /** Names say what differs. */
  @Test
  void render_curvesOfSeveralFormats_areNamedByWhatDiffers() throws Exception {
    Document page =
        parsed(
            page(
                unpublished("FP8, head BF16, KV FP8", 2, 10),
                unpublished("FP8, head BF16, KV FP8", 4, 15),
                unpublished("FP8, head FP8, KV FP8", 2, 11)));
    NodeList texts = page.getElementsByTagName("text");
    List<String> names = new ArrayList<>();
    for (int i = 0; i < texts.getLength(); i++) {
      if (((Element) texts.item(i)).getAttribute("class").startsWith("curve-name")) {
        names.add(texts.item(i).getTextContent());
      }
    }
    assertThat(names).containsExactly("head FP8", "head BF16");
    assertThat(page.getElementsByTagName("tr").item(1).getTextContent())
        .startsWith("9/9 51B head BF16");
    assertThat(page.getDocumentElement().getTextContent()).contains("All rows: FP8, KV FP8. The");
  }

  @Test
  void render_oneBatchOfEach_hasNoPicture() throws Exception {
    Document page = parsed(page(row("51B", 192, 7226, 6472), row("70B", 28, 1129, 1274)));
    assertThat(page.getElementsByTagName("svg").getLength()).isZero();
  }

  @Test
  void render_severalGpus_hasTheirNumberAndThatOfOthers() throws Exception {
    Document page = parsed(page(row("70B", 2, 56, 1400, new ThroughputRow.Published(2975, 4))));
    String only = page.getElementsByTagName("tr").item(1).getTextContent();
    assertThat(only).contains("1,400", "2,975 on 4", "0.47", "256");
  }

  @Test
  void tokensPerSecondAndUser_severalGpus_isThatOfAllGpus() {
    assertThat(row("70B", 2, 56, 1400, new ThroughputRow.Published(0, 2)).tokensPerSecondAndUser())
        .isEqualTo(50);
  }

  @Test
  void render_noRow_isRefused() {
    assertThatThrownBy(ThroughputPageTest::page)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a page of throughputs must have a row");
  }
}
