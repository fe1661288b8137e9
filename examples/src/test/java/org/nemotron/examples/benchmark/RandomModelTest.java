package org.nemotron.examples.benchmark;

import static com.google.common.base.Verify.verifyNotNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.checkpoint.ModelReader;
import org.nemotron.core.checkpoint.ModelSpecReader;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.text.Tokenizer;
import picocli.CommandLine;

final class RandomModelTest {
  private static final String VOCABULARY = "models/tale-7m";

  private static int run(String... arguments) {
    return new CommandLine(RandomModel.class).execute(arguments);
  }

  @Test
  void randomModel_tinyShape_isReadWithItsTokenizer(@TempDir Path folder) throws IOException {
    Path target = folder.resolve("tiny");
    assertThat(run("--shape", "TINY", "--tokenizer", VOCABULARY, target.toString())).isZero();
    try (NativeScope scope = NativeScope.open();
        HeterogeneousModel model = ModelReader.read(target, DType.FLOAT32, Device.CPU);
        Tokenizer tokenizer = Tokenizer.open(target)) {
      assertThat(model.spec().layers()).isEqualTo(8);
      assertThat(model.spec().specialTokens())
          .isEqualTo(ModelSpecReader.read(Path.of(VOCABULARY)).specialTokens());
      assertThat(tokenizer.encode("a cat").length()).isPositive();
      Tensor matrix = verifyNotNull(model.tensors().get("model.layers.7.mlp.down_proj.weight"));
      assertThat(matrix.std().item_double()).isCloseTo(0.02, within(0.001));
      Tensor norm = verifyNotNull(model.tensors().get("model.norm.weight"));
      assertThat(norm.min().item_double()).isEqualTo(1);
    }
  }

  @Test
  void randomModel_shapeOfAnother_hasItsConfiguration(@TempDir Path folder) throws IOException {
    Path target = folder.resolve("same");
    assertThat(run("--config", VOCABULARY, "--tokenizer", VOCABULARY, target.toString())).isZero();
    assertThat(ModelSpecReader.read(target)).isEqualTo(ModelSpecReader.read(Path.of(VOCABULARY)));
  }

  @Test
  void randomModel_directoryThatIsThere_isRefused(@TempDir Path folder) {
    assertThat(run("--shape", "TINY", "--tokenizer", VOCABULARY, folder.toString())).isNotZero();
  }
}
