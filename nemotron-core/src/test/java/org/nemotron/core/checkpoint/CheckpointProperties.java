package org.nemotron.core.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterTry;
import net.jqwik.api.lifecycle.BeforeContainer;
import net.jqwik.api.lifecycle.BeforeTry;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.checkpoint.huggingface.DeciLmConfigs;
import org.nemotron.core.checkpoint.huggingface.ModelConfig;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

final class CheckpointProperties {
  private Path directory = Path.of("");

  @BeforeContainer
  static void useOneCore() {
    // The models are small: to wake other cores for every operation would only cost time.
    CpuThreads.perOperation(1);
  }

  @BeforeTry
  void makeDirectory() throws IOException {
    directory = Files.createTempDirectory("checkpoint");
  }

  @AfterTry
  void deleteDirectory() throws IOException {
    com.google.common.io.MoreFiles.deleteRecursively(
        directory, com.google.common.io.RecursiveDeleteOption.ALLOW_INSECURE);
  }

  @Provide
  Arbitrary<ModelSpec> specs() {
    return Checkpoints.specs();
  }

  @Provide
  Arbitrary<DType> realTypes() {
    return net.jqwik.api.Arbitraries.of(DType.FLOAT32, DType.FLOAT16, DType.BFLOAT16);
  }

  @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
  void configRoundTripKeepsTheSpec(@ForAll("specs") ModelSpec spec) throws IOException {
    Path config = directory.resolve("config.json");
    Files.writeString(config, DeciLmConfigs.toJson(spec, DType.BFLOAT16).toString());
    assertThat(ModelConfig.read(config))
        .isEqualTo(new ModelConfig(spec, DeciLmConfigs.storedSpec(spec)));
  }

  @Property(tries = 40, edgeCases = EdgeCasesMode.NONE)
  void checkpointRoundTripIsBitIdentical(
      @ForAll("specs") ModelSpec spec, @ForAll("realTypes") DType dtype, @ForAll long seed)
      throws IOException {
    Path child = directory.resolve("child");
    try (NativeScope scope = NativeScope.open();
        HeterogeneousModel written = Checkpoints.model(spec, dtype, seed)) {
      ModelWriter.write(written, child, dtype, directory);
      try (HeterogeneousModel read = ModelReader.read(child, dtype, Device.CPU);
          NamedTensors before = NamedTensors.of(written.tensors());
          NamedTensors after = NamedTensors.of(read.tensors())) {
        assertThat(read.spec()).isEqualTo(spec);
        for (String name : before.asMap().keySet()) {
          assertThat(after.get(name).equal(before.get(name))).as(name).isTrue();
        }
        Tensor idsBT = Tensors.of(new long[] {1, 5, 18, 0, 7, 7}, 2, 3);
        assertThat(read.logits(idsBT).equal(written.logits(idsBT))).as("logits").isTrue();
      }
    }
  }

  /** What a reader sees that knows only the padded widths. */
  @Property(tries = 20, edgeCases = EdgeCasesMode.NONE)
  void paddedChannelsChangeNoOutput(@ForAll("specs") ModelSpec spec, @ForAll long seed)
      throws IOException {
    Path child = directory.resolve("child");
    try (NativeScope scope = NativeScope.open();
        HeterogeneousModel written = Checkpoints.model(spec, DType.FLOAT32, seed)) {
      ModelWriter.write(
          written, child, DType.FLOAT32, directory, CheckpointForm.NEMOTRON_NAS, Long.MAX_VALUE);
      Path config = child.resolve("config.json");
      String foreign = Files.readString(config).replaceAll("\"intermediate_size\" : [0-9]+,", "");
      Files.writeString(config, foreign);
      try (HeterogeneousModel read = ModelReader.read(child, DType.FLOAT32, Device.CPU)) {
        assertThat(read.spec()).isEqualTo(DeciLmConfigs.storedSpec(spec));
        Tensor idsBT = Tensors.of(new long[] {1, 5, 18, 0, 7, 7}, 2, 3);
        Tensor difference = read.logits(idsBT).sub(written.logits(idsBT)).abs().max();
        // Longer rows are added up in another order.
        assertThat(difference.item_double()).isLessThan(1e-4);
      }
    }
  }
}
