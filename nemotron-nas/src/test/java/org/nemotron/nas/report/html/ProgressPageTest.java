package org.nemotron.nas.report.html;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.StringReader;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.nemotron.nas.report.RunProgress;
import org.nemotron.nas.report.RunSummary.StageSeconds;
import org.nemotron.nas.report.StageBill;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;

final class ProgressPageTest {
  private static final StageSeconds LIBRARY = new StageSeconds("library", 60, false);

  private static String text(RunProgress progress) throws Exception {
    Document page =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new InputSource(new StringReader(ProgressPage.render(progress))));
    return page.getElementsByTagName("body").item(0).getTextContent();
  }

  private static RunProgress progress(ImmutableMap<String, Double> ahead) {
    return new RunProgress(
        "a<b",
        ImmutableList.of("2x: throughput at least 2 times the parent's"),
        ImmutableList.of(LIBRARY, new StageSeconds("scores", 90, true)),
        ImmutableList.of(new StageBill("library", 50, 60, 1_000_000, 1_100_000, 0, 0)),
        ahead);
  }

  @Test
  void render_underWay_hasWhatIsDoneAndWhatIsToCome() throws Exception {
    assertThat(text(progress(ImmutableMap.of("costs", 30.0, "child", 40.0))))
        .contains("a<b", "2x: throughput at least 2 times", "1 min 0 s for the stages")
        .contains("scores", "reused", "library50.0 s1 min 0 s+20.0 %")
        .contains("To come", "About 1 min 10 s", "costs30.0 s", "child40.0 s");
  }

  @Test
  void render_withoutEstimate_saysNothingOfTheRest() throws Exception {
    assertThat(text(progress(ImmutableMap.of()))).contains("library").doesNotContain("To come");
  }

  @Test
  void render_asksForItselfAgainAndFetchesNothingElse() {
    assertThat(ProgressPage.render(progress(ImmutableMap.of())))
        .contains("<meta http-equiv=\"refresh\" content=\"10\"/>")
        .doesNotContain("<script", "<link", "<img", "http:", "https:");
  }

  @Test
  void progress_withoutAName_isRefused() {
    assertThatThrownBy(
            () ->
                new RunProgress(
                    " ",
                    ImmutableList.of(),
                    ImmutableList.of(),
                    ImmutableList.of(),
                    ImmutableMap.of()))
        .hasMessage("parentName (\" \") must not be blank");
  }
}
