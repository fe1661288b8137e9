package org.nemotron.nas.library;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nemotron.core.activation.HiddenStates;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.nas.SmallParent;
import org.nemotron.nas.library.InitSettings.ChannelImportance;
import org.nemotron.nas.library.InitSettings.KvHeadStart;
import org.nemotron.nas.library.internal.Replacement;

final class BlockLibraryTest {
  private static final FfnSpec NARROW = new FfnSpec.Gated(24);
  private static final AttentionSpec ONE_HEAD = new AttentionSpec.GroupedQuery(4, 1, 10);

  private NativeScope scope;
  private HeterogeneousModel parent;

  @BeforeEach
  void open() {
    CpuThreads.perOperation(1);
    scope = NativeScope.open();
    parent = SmallParent.model();
  }

  @AfterEach
  void close() {
    parent.close();
    scope.close();
  }

  private static InitSettings settings(boolean refit) {
    return new InitSettings(ChannelImportance.ITERATIVE, KvHeadStart.MEAN_POOLING, 3, refit);
  }

  private BlockLibrary library(boolean refit) {
    return new Calibrator(settings(refit))
        .calibrate(parent, SmallParent.SPACE, SmallParent.training());
  }

  private static Tensor ids() {
    return SmallParent.training().batch(9);
  }

  @Test
  void assemble_parentItself_givesIdenticalLogits() {
    float[] expected = Tensors.floats(parent.logits(ids()));
    try (BlockLibrary library = library(true);
        HeterogeneousModel same = library.assemble(Architecture.ofParent(SmallParent.spec()))) {
      assertThat(Tensors.floats(same.logits(ids()))).isEqualTo(expected);
      assertThat(same.spec()).isEqualTo(parent.spec());
    }
  }

  @Test
  void assemble_pairOfAlternatives_hasBothSubBlocksAndTheParentsElsewhere() {
    BlockChoice placed = new BlockChoice.Decoupled(1, new BlockSpec(ONE_HEAD, NARROW));
    Architecture architecture = Architecture.ofParent(SmallParent.spec()).with(placed);
    try (BlockLibrary library = library(true);
        HeterogeneousModel child = library.assemble(architecture);
        NamedTensors attention = library.weights(new Candidate.Attention(1, ONE_HEAD));
        NamedTensors ffn = library.weights(new Candidate.Ffn(1, NARROW))) {
      assertThat(child.spec())
          .isEqualTo(SmallParent.spec().withBlock(1, new BlockSpec(ONE_HEAD, NARROW)));
      Map<String, Tensor> expected = new java.util.HashMap<>(parent.tensors());
      expected.keySet().removeIf(name -> name.startsWith("model.layers.1."));
      attention.asMap().forEach((name, tensor) -> expected.put("model.layers.1." + name, tensor));
      ffn.asMap().forEach((name, tensor) -> expected.put("model.layers.1." + name, tensor));
      assertThat(values(child.tensors())).isEqualTo(values(expected));
    }
  }

  @Test
  void assemble_multiLayerReplacement_standsForTwoLayersAndComputesOnce() {
    Candidate.MultiLayer multiLayer = new Candidate.MultiLayer(1, 2, SmallParent.BLOCK);
    try (BlockLibrary library = library(true);
        HeterogeneousModel child =
            library.assemble(Architecture.ofOne(SmallParent.spec(), multiLayer));
        NamedTensors weights = library.weights(multiLayer);
        Replacement alone = Replacement.of(parent, multiLayer, weights)) {
      assertThat(child.spec().blocks())
          .containsExactly(SmallParent.BLOCK, SmallParent.BLOCK, BlockSpec.NO_OP);
      Tensor output = alone.output(HiddenStates.of(parent, ids()));
      assertThat(Tensors.floats(child.logits(ids())))
          .isEqualTo(Tensors.floats(parent.head(output)));
    }
  }

  @Test
  void weights_multiLayerReplacement_startAsTheLayerThatComesClosestAlone() {
    // Layer 2 is made to do nothing: then layer 1 alone says all that both say.
    for (String name : new String[] {"self_attn.o_proj.weight", "mlp.down_proj.weight"}) {
      layerTensor(2, name).zero_();
    }
    Candidate.MultiLayer multiLayer = new Candidate.MultiLayer(1, 2, SmallParent.BLOCK);
    try (BlockLibrary library = library(true);
        NamedTensors weights = library.weights(multiLayer)) {
      assertThat(values(weights.asMap())).isEqualTo(values(parent.block(1).tensors()));
    }
    for (String name : new String[] {"self_attn.o_proj.weight", "mlp.down_proj.weight"}) {
      layerTensor(2, name).copy_(layerTensor(1, name));
      layerTensor(1, name).zero_();
    }
    try (BlockLibrary library = library(true);
        NamedTensors weights = library.weights(multiLayer)) {
      assertThat(values(weights.asMap())).isEqualTo(values(parent.block(2).tensors()));
    }
  }

  private Tensor layerTensor(int layer, String name) {
    return Maps.filterKeys(parent.block(layer).tensors(), name::equals).values().iterator().next();
  }

  @Test
  void assemble_blockThatIsNotInTheLibrary_namesIt() {
    BlockChoice placed =
        new BlockChoice.Decoupled(1, new BlockSpec(SmallParent.ATTENTION, new FfnSpec.Gated(20)));
    Architecture architecture = Architecture.ofParent(SmallParent.spec()).with(placed);
    try (BlockLibrary library = library(false)) {
      assertThatThrownBy(() -> library.assemble(architecture))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("layer-001.ffn.w20 is not in this library");
    }
  }

  @Test
  void assemble_tooFewLayers_namesBothCounts() {
    Architecture two =
        Architecture.ofParent(
            SmallParent.spec(ImmutableList.of(SmallParent.BLOCK, SmallParent.BLOCK)));
    try (BlockLibrary library = library(false)) {
      assertThatThrownBy(() -> library.assemble(two))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("the architecture has 2 layers, the parent 3");
    }
  }

  @Test
  void with_trainedWeights_makesAnotherLibraryAndLeavesThisOne() {
    Candidate candidate = new Candidate.Ffn(0, NARROW);
    try (BlockLibrary library = library(false);
        NamedTensors before = library.weights(candidate);
        NamedTensors doubled = before.map(tensor -> tensor.mul(new Scalar(2)));
        BlockLibrary trained = library.with(ImmutableMap.of(candidate, doubled));
        BlockLibrary untrained = trained.untrained();
        NamedTensors after = trained.weights(candidate);
        NamedTensors still = library.weights(candidate);
        NamedTensors again = untrained.weights(candidate)) {
      assertThat(values(after.asMap())).isEqualTo(values(doubled.asMap()));
      assertThat(values(still.asMap())).isEqualTo(values(before.asMap()));
      assertThat(values(again.asMap())).isEqualTo(values(before.asMap()));
      assertThat(trained.trained()).containsExactly(candidate);
      assertThat(library.trained()).isEmpty();
    }
  }

  @Test
  void weights_pairOfTrainedSubBlocks_startAsCopiesOfBoth() {
    Candidate.Block pair = new Candidate.Block(0, new BlockSpec(ONE_HEAD, NARROW));
    try (BlockLibrary library = library(true);
        BlockLibrary more = library.withCandidates(ImmutableList.of(pair));
        NamedTensors attention = more.weights(new Candidate.Attention(0, ONE_HEAD));
        NamedTensors ffn = more.weights(new Candidate.Ffn(0, NARROW));
        NamedTensors both = more.weights(pair)) {
      ImmutableMap<String, Tensor> expected =
          ImmutableMap.<String, Tensor>builder()
              .putAll(attention.asMap())
              .putAll(ffn.asMap())
              .buildOrThrow();
      assertThat(values(both.asMap())).isEqualTo(values(expected));
      both.asMap().values().forEach(Tensor::zero_);
      assertThat(ffn.get("mlp.up_proj.weight").abs().sum().item_double()).isPositive();
    }
  }

  @Test
  void calibrate_refit_bringsEachNarrowNetworkCloserOnItsOwnTokens() {
    try (BlockLibrary plain = library(false);
        BlockLibrary fitted = library(true)) {
      for (int layer = 0; layer < 3; layer++) {
        for (FfnSpec spec : new FfnSpec[] {NARROW, new FfnSpec.Gated(12), new FfnSpec.Linear()}) {
          Candidate candidate = new Candidate.Ffn(layer, spec);
          assertThat(error(fitted, candidate)).isLessThan(error(plain, candidate));
        }
        Candidate linear = new Candidate.Attention(layer, new AttentionSpec.Linear());
        assertThat(error(fitted, linear)).isLessThan(error(plain, linear));
      }
    }
  }

  /** Returns the squared error of what a candidate's own half adds, over the calibration tokens. */
  private double error(BlockLibrary library, Candidate candidate) {
    double sum = 0;
    for (int batch = 0; batch < 3; batch++) {
      try (NativeScope own = NativeScope.open();
          NamedTensors weights = library.weights(candidate)) {
        HiddenStates stream = HiddenStates.of(parent, SmallParent.training().batch(batch));
        HalfBlock half = HalfBlock.of(candidate, weights, parent, stream);
        sum += half.output().sub(half.wanted()).square().sum().item_double();
      }
    }
    return sum;
  }

  /** What a candidate adds to the stream, and what its own half of the parent adds. */
  private record HalfBlock(Tensor output, Tensor wanted) {
    static HalfBlock of(
        Candidate candidate, NamedTensors weights, HeterogeneousModel parent, HiddenStates s) {
      int layer = candidate.layer();
      Tensor middle = s.middlesBTD().get(layer);
      if (candidate instanceof Candidate.Attention) {
        try (org.nemotron.core.nn.SubBlock half =
            org.nemotron.core.nn.SubBlock.attention(
                new AttentionSpec.Linear(), weights, parent.rotary(), 1e-5)) {
          Tensor before = s.hiddenStatesBTD().get(layer);
          return new HalfBlock(half.forward(before), middle);
        }
      }
      try (Replacement ffn = Replacement.of(parent, candidate, weights)) {
        return new HalfBlock(ffn.output(s), s.hiddenStatesBTD().get(layer + 1));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void calibrate_eitherImportance_isRepeatable(ChannelImportance importance) {
    InitSettings settings = new InitSettings(importance, KvHeadStart.BEST_HEADS, 3, true);
    try (BlockLibrary first =
            new Calibrator(settings).calibrate(parent, SmallParent.SPACE, SmallParent.training());
        BlockLibrary second =
            new Calibrator(settings).calibrate(parent, SmallParent.SPACE, SmallParent.training())) {
      assertThat(first.rankings()).isEqualTo(second.rankings());
      assertThat(values(first)).isEqualTo(values(second));
    }
  }

  @Test
  void calibrate_parentWhoseLayersDiffer_makesEveryCandidate() {
    ModelSpec irregular =
        SmallParent.spec(
            ImmutableList.of(
                new BlockSpec(ONE_HEAD, new FfnSpec.Gated(20)),
                new BlockSpec(new AttentionSpec.NoOp(), SmallParent.FFN),
                new BlockSpec(new AttentionSpec.Linear(), new FfnSpec.Linear()),
                BlockSpec.NO_OP,
                new BlockSpec(SmallParent.ATTENTION, new FfnSpec.NoOp()),
                SmallParent.BLOCK));
    try (HeterogeneousModel child = SmallParent.model(irregular, 3);
        BlockLibrary library =
            new Calibrator(settings(true))
                .calibrate(child, SmallParent.SPACE, SmallParent.training())) {
      for (Candidate candidate : library.candidates()) {
        try (HeterogeneousModel hybrid =
            library.assemble(Architecture.ofOne(irregular, candidate))) {
          assertThat(Tensors.floats(hybrid.logits(ids()))).doesNotContain(Float.NaN);
        }
      }
    }
  }

  @Test
  void writeAndRead_trainedAndUntrained_areIdenticalBitForBit(@TempDir Path directory)
      throws IOException {
    try (BlockLibrary library = library(true)) {
      ImmutableList<Path> files = LibraryFiles.write(library, library.candidates(), directory);
      assertThat(files).allMatch(Files::exists);
      assertThat(files.get(files.size() - 1).getFileName()).hasToString("manifest.json");
      try (BlockLibrary read = LibraryFiles.read(directory, parent)) {
        assertThat(read.candidates().asList()).isEqualTo(library.candidates().asList());
        assertThat(read.trained()).isEqualTo(library.trained());
        assertThat(read.rankings()).isEqualTo(library.rankings());
        assertThat(values(read)).isEqualTo(values(library));
      }
    }
  }

  @Test
  void read_fileOfACandidateIsMissing_namesIt(@TempDir Path directory) throws IOException {
    try (BlockLibrary library = library(true)) {
      Path file = LibraryFiles.write(library, library.candidates(), directory).get(0);
      Files.delete(file);
      assertThatThrownBy(() -> LibraryFiles.read(directory, parent))
          .isInstanceOf(IOException.class)
          .hasMessageContaining(file.toString());
    }
  }

  private static ImmutableMap<String, ImmutableMap<String, Integer>> values(BlockLibrary library) {
    ImmutableMap.Builder<String, ImmutableMap<String, Integer>> all = ImmutableMap.builder();
    for (Candidate candidate : library.candidates()) {
      try (NamedTensors weights = library.weights(candidate)) {
        all.put(candidate.id(), values(weights.asMap()));
      }
    }
    return all.buildOrThrow();
  }

  private static ImmutableMap<String, Integer> values(Map<String, Tensor> tensors) {
    ImmutableMap.Builder<String, Integer> hashes = ImmutableMap.builder();
    tensors.keySet().stream()
        .sorted()
        .forEach(
            name ->
                hashes.put(
                    name,
                    Maps.filterKeys(tensors, name::equals).values().stream()
                        .mapToInt(tensor -> Arrays.hashCode(Tensors.floats(tensor)))
                        .sum()));
    return hashes.buildOrThrow();
  }
}
