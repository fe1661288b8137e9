package org.nemotron.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nemotron.core.checkpoint.ModelReader;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.text.EvaluationBatches;
import org.nemotron.core.text.TextFiles;
import org.nemotron.core.text.TokenCorpus;
import org.nemotron.core.text.Tokenizer;
import org.nemotron.nas.score.ModelEvaluator;
import org.nemotron.nas.score.ModelQuality;

/** The child that is shipped beside its parent is as good as its card says. */
final class ShippedChildTest {
  private static final Path PARENT = Path.of("models/tale-deep-7m");
  private static final Path CHILD = Path.of("models/tale-deep-7m-1.5x");
  private static final int WINDOW = 512;
  private static final int WINDOWS = 12;

  private static HeterogeneousModel model(Path directory) throws IOException {
    return ModelReader.read(directory, DType.FLOAT32, Device.CPU);
  }

  @ParameterizedTest
  @ValueSource(strings = {"tinystories.val.txt.gz", "books_heldout.txt.gz"})
  void accuracy_heldOutText_isNearlyTheParents(String text) throws IOException {
    try (HeterogeneousModel parent = model(PARENT);
        HeterogeneousModel child = model(CHILD);
        Tokenizer tokenizer = Tokenizer.open(PARENT)) {
      TokenCorpus tokens =
          TokenCorpus.encode(
              TextFiles.documents(Path.of("data").resolve(text)),
              tokenizer,
              parent.spec(),
              WINDOW * WINDOWS);
      ImmutableList<ModelQuality> both =
          new ModelEvaluator(new EvaluationBatches(tokens, 4, WINDOW, WINDOWS))
              .evaluate(parent, ImmutableList.of(parent, child));
      assertThat(both.get(1).accuracy() / both.get(0).accuracy()).isBetween(0.97, 1.02);
      assertThat(both.get(1).klNats()).isBetween(0.0, 0.06);
      assertThat(child.spec().parameters()).isEqualTo(5_263_488);
    }
  }
}
