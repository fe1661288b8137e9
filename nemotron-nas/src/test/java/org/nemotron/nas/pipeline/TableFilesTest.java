package org.nemotron.nas.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.tensor.DType;
import org.nemotron.nas.SmallParent;
import org.nemotron.nas.cost.CostTable;
import org.nemotron.nas.cost.Latency;
import org.nemotron.nas.cost.MemoryModel;
import org.nemotron.nas.cost.Scenario;
import org.nemotron.nas.library.Candidate;
import org.nemotron.nas.score.Score;
import org.nemotron.nas.score.ScoreTable;

final class TableFilesTest {
  private static final Candidate LINEAR = new Candidate.Ffn(1, new FfnSpec.Linear());

  private Path file = Path.of("table.json");

  @BeforeEach
  void name(@TempDir Path directory) {
    file = directory.resolve("table.json");
  }

  @Test
  void readScores_written_areThoseMeasuredWithoutOwnMetrics() throws IOException {
    ScoreTable measured =
        new ScoreTable(ImmutableMap.of(LINEAR, new Score(1, Double.NaN, 3, 4, 0.5, 6)));
    TableFiles.writeScores(file, measured.with("mine", candidate -> 7));
    assertThat(TableFiles.readScores(file)).isEqualTo(measured);
  }

  @Test
  void readScores_figureMissing_isRefusedByName() throws IOException {
    TableFiles.writeScores(
        file, new ScoreTable(ImmutableMap.of(LINEAR, new Score(1, 2, 3, 4, 0.5, 6))));
    Files.writeString(file, Files.readString(file).replace("lossIncrease", "increase"));
    assertThatThrownBy(() -> TableFiles.readScores(file))
        .isInstanceOf(IOException.class)
        .hasMessage("a score has no lossIncrease");
  }

  @Test
  void readCosts_ofSeveralGpus_haveTheirDegree_andOthersAreWrittenAsBefore() throws IOException {
    CostTable four =
        new CostTable(
            new Scenario(1, 4, 4, 4),
            new MemoryModel(DType.FLOAT16),
            ImmutableMap.of(SmallParent.ATTENTION, new Latency(10, 1, 0, 0)),
            ImmutableMap.of(SmallParent.FFN, new Latency(20, 2, 0, 0)),
            Latency.NONE);
    CostTable one =
        new CostTable(
            new Scenario(1, 4, 4), four.memory(), four.attentions(), four.ffns(), Latency.NONE);
    TableFiles.writeCosts(file, ImmutableList.of(four, one));
    assertThat(TableFiles.readCosts(file)).containsExactly(four, one);
    assertThat(Files.readString(file)).containsOnlyOnce("tensorParallel");
  }

  @Test
  void readCosts_ofAnEarlierVersion_countCacheAsWeights() throws IOException {
    CostTable table =
        new CostTable(
            new Scenario(1, 4, 4),
            new MemoryModel(DType.FLOAT16, DType.FLOAT32),
            ImmutableMap.of(SmallParent.ATTENTION, new Latency(10, 1, 0, 0)),
            ImmutableMap.of(SmallParent.FFN, new Latency(20, 2, 0, 0)),
            new Latency(5, 5, 0, 0));
    TableFiles.writeCosts(file, ImmutableList.of(table));
    assertThat(TableFiles.readCosts(file)).containsExactly(table);
    String text = Files.readString(file);
    Files.writeString(file, text.replaceAll("\\s*\"kvCacheDtype\" : \"float32\",", ""));
    assertThat(Files.readString(file)).hasSizeLessThan(text.length());
    assertThat(TableFiles.readCosts(file))
        .containsExactly(table.withMemory(new MemoryModel(DType.FLOAT16)));
  }
}
