package org.nemotron.nas.report.html;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.nemotron.core.checkpoint.ModelCard;
import org.nemotron.core.provenance.Fingerprint;
import org.nemotron.nas.SmallParent;
import org.nemotron.nas.report.NumberText;
import org.nemotron.nas.report.RunSummary;
import org.nemotron.nas.report.RunSummary.TargetSummary;
import org.nemotron.nas.report.SummaryFixture;

final class ChildCardTest {
  @Test
  void of_finishedTarget_tellsBudgetFiguresAndWhereTheyComeFrom() throws IOException {
    RunSummary summary = SummaryFixture.summary();
    TargetSummary target = summary.targets().get(0);
    Fingerprint inputs = Fingerprint.builder().put("seed", 1).build();
    ModelCard plain = ModelCard.of(Path.of("child"), Path.of("tale-7m"), SmallParent.spec());
    ModelCard card = ChildCard.of(plain, summary, target, inputs);
    assertThat(card.budget())
        .isEqualTo(ImmutableList.of("1.5x: at least 1.5 times the parent's throughput"));
    assertThat(card.figures())
        .contains(
            new ModelCard.Figure(
                "generated tokens/s (batch 16, prompt 128, output 128)",
                "1,412",
                NumberText.rate(target.child().tokensPerSecond())),
            new ModelCard.Figure(
                "next-token accuracy", "58.4 %", NumberText.percent(target.child().accuracy())));
    assertThat(card.provenance())
        .containsEntry("fingerprint of parent, text and settings", inputs.hex())
        .containsAllEntriesOf(summary.environment())
        .containsKey("library");
  }
}
