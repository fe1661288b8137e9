package org.nemotron.nas.library;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nemotron.core.activation.HiddenStates;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.TensorThreads;
import org.nemotron.core.testing.PublicCloseables;
import org.nemotron.nas.SmallParent;
import org.nemotron.nas.library.internal.Replacement;
import org.nemotron.nas.pipeline.RunDirectory;
import org.nemotron.nas.report.EventFile;

/** Every public closeable of this module: closed twice, used after close, on another thread. */
final class CloseablesTest {
  private static final Candidate NARROW = new Candidate.Ffn(1, new FfnSpec.Gated(24));
  private static final Candidate LINEAR = new Candidate.Ffn(2, new FfnSpec.Linear());

  private NativeScope scope;
  private HeterogeneousModel parent;
  private BlockLibrary library;

  @BeforeEach
  void open() {
    scope = NativeScope.open();
    parent = SmallParent.model();
    library =
        new Calibrator(InitSettings.DEFAULT)
            .calibrate(parent, SmallParent.SPACE, SmallParent.training());
  }

  @AfterEach
  void close() {
    library.close();
    parent.close();
    scope.close();
  }

  @Test
  void library_closedElsewhereAndTwice_refusesAllButLists() {
    CompletableFuture.runAsync(
            () -> {
              library.weights(NARROW).close();
              library.close();
            })
        .join();
    assertThatCode(library::close).doesNotThrowAnyException();
    assertThat(library.candidates()).contains(NARROW);
    String closed = "this library is closed";
    assertThatThrownBy(() -> library.weights(NARROW)).hasMessage(closed);
    assertThatThrownBy(() -> library.untrained()).hasMessage(closed);
    assertThatThrownBy(() -> library.with(ImmutableMap.of())).hasMessage(closed);
    assertThatThrownBy(() -> library.withCandidates(ImmutableSet.of())).hasMessage(closed);
    assertThatThrownBy(() -> library.assemble(Architecture.ofParent(SmallParent.spec())))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(closed);
  }

  static Stream<Candidate> replaced() {
    return Stream.of(
        new Candidate.Attention(1, new AttentionSpec.Linear()),
        NARROW,
        new Candidate.Block(1, new BlockSpec(new AttentionSpec.Linear(), new FfnSpec.Gated(24))));
  }

  @ParameterizedTest
  @MethodSource("replaced")
  void replacement_closedElsewhereAndTwice_refusesOutput(Candidate candidate) {
    try (BlockLibrary all = library.withCandidates(ImmutableSet.of(candidate));
        NamedTensors weights = all.weights(candidate);
        TensorThreads threads = new TensorThreads(1)) {
      HiddenStates stream = HiddenStates.of(parent, SmallParent.training().batch(0), threads);
      Replacement replacement =
          Replacement.of(
              parent.block(candidate.layer()),
              parent.rotary(),
              parent.spec().rmsNormEps(),
              candidate,
              weights);
      assertThat(replacement.output(stream).dim()).isEqualTo(3);
      CompletableFuture.runAsync(replacement::close).join();
      assertThatCode(replacement::close).doesNotThrowAnyException();
      assertThatThrownBy(() -> replacement.output(stream))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("these tensors are closed");
    }
  }

  @Test
  void with_holderThatIsClosed_givesBackTheSharesTakenBefore() {
    BlockLibrary plain = library.untrained();
    NamedTensors open = library.weights(NARROW).map(Tensor::clone);
    NamedTensors closed = library.weights(LINEAR);
    closed.close();
    Tensor some = open.asMap().values().iterator().next();
    assertThatThrownBy(() -> plain.with(ImmutableMap.of(NARROW, open, LINEAR, closed)))
        .hasMessage("these tensors are closed");
    open.close();
    assertThat(some.isNull()).isTrue();
    plain.close();
  }

  @Test
  void eventFile_closedElsewhereAndTwice_refusesScalars(@TempDir Path folder) throws IOException {
    EventFile file = new EventFile(folder, 1);
    file.scalar("loss", 1, 2, 0.5);
    CompletableFuture.runAsync(() -> assertThatCode(file::close).doesNotThrowAnyException()).join();
    assertThatCode(file::close).doesNotThrowAnyException();
    assertThatThrownBy(() -> file.scalar("loss", 2, 3, 0.25)).isInstanceOf(IOException.class);
  }

  @Test
  void publicCloseables_ofThisModule_areTestedHere() {
    assertThat(PublicCloseables.in("org.nemotron.nas"))
        .containsExactlyInAnyOrder(
            BlockLibrary.class.getName(),
            EventFile.class.getName(),
            RunDirectory.class.getName(), // RunDirectoryTest closes it
            Replacement.class.getName(),
            Replacement.OfAttention.class.getName(),
            Replacement.OfFfn.class.getName(),
            Replacement.OfBlock.class.getName());
  }
}
