package org.nemotron.nas;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.nemotron.core.cuda.GpuMemoryException;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.nas.distill.GlobalDistillationSettings;
import org.nemotron.nas.distill.GlobalDistiller;
import org.nemotron.nas.distill.LocalDistillationSettings;
import org.nemotron.nas.distill.LocalDistiller;
import org.nemotron.nas.distill.OptimizerSettings;
import org.nemotron.nas.library.BlockLibrary;
import org.nemotron.nas.library.Calibrator;
import org.nemotron.nas.library.InitSettings;
import org.nemotron.nas.score.BlockScorer;
import org.nemotron.nas.score.ScoringSettings;

/** What each stage says when LibTorch finds a GPU's memory too small in the middle of it. */
final class MemoryFailuresTest {
  private static final OptimizerSettings OPTIMIZER = OptimizerSettings.ofRate(1e-3);

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

  private static void fail(long done) {
    throw new RuntimeException(
        "CUDA out of memory. Tried to allocate 3.91 GiB. GPU 0 has a total capacity of 79.18 GiB of"
            + " which 1.02 GiB is free. Including non-PyTorch memory, this process has 78.15 GiB"
            + " memory in use. Of the allocated memory 76.20 GiB is allocated by PyTorch, and 1.10"
            + " GiB is reserved by PyTorch but unallocated. (after step "
            + done
            + ")");
  }

  private static void assertSaid(ThrowingCallable stage, String remedy) {
    assertThatThrownBy(stage)
        .isInstanceOf(GpuMemoryException.class)
        .hasMessage("cpu: 3.91 GiB do not fit; 1.02 GiB of 79.18 GiB are free.\n" + remedy);
  }

  @Test
  void calibrate_outOfMemory_namesBatchWindowsAndRefit() {
    assertSaid(
        () ->
            new Calibrator(InitSettings.DEFAULT)
                .calibrate(
                    parent, SmallParent.SPACE, SmallParent.training(), MemoryFailuresTest::fail)
                .close(),
        "Maybe take a smaller batchSize or shorter windows, or start without refit.");
  }

  @Test
  void distill_outOfMemory_namesResidentLayersAndBatch() {
    LocalDistiller distiller =
        new LocalDistiller(new LocalDistillationSettings(2, OPTIMIZER, 10, 0)).withThreads(1);
    assertSaid(
        () ->
            distiller
                .distill(
                    library, library.candidates(), SmallParent.training(), MemoryFailuresTest::fail)
                .library()
                .close(),
        "Maybe train fewer residentLayers at a time, or take a smaller batchSize or shorter"
            + " windows.");
  }

  @Test
  void score_outOfMemory_namesCandidatesPerPass() {
    BlockScorer scorer = new BlockScorer(ScoringSettings.DEFAULT);
    assertSaid(
        () -> {
          var scores =
              scorer.score(
                  library, ImmutableList.of(), SmallParent.heldOut(), MemoryFailuresTest::fail);
          scores.scores().size();
        },
        "Maybe score fewer candidatesPerPass, shorter windows, or fewer sequences in a batch.");
  }

  @Test
  void distillGlobally_outOfMemory_namesBatch() {
    GlobalDistiller distiller =
        new GlobalDistiller(new GlobalDistillationSettings(2, OPTIMIZER, 1, 1, 0, 1));
    assertSaid(
        () ->
            distiller
                .distill(
                    parent,
                    parent,
                    SmallParent.training(),
                    SmallParent.heldOut(),
                    MemoryFailuresTest::fail)
                .child()
                .close(),
        "Maybe take a smaller batchSize or shorter windows.");
  }
}
