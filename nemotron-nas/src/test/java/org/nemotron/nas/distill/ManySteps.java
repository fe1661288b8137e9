package org.nemotron.nas.distill;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.util.function.LongConsumer;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.MemoryUse;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.nas.SmallParent;
import org.nemotron.nas.library.BlockLibrary;
import org.nemotron.nas.library.Calibrator;
import org.nemotron.nas.library.Candidate;
import org.nemotron.nas.library.InitSettings;

/**
 * Trains for many steps, blockwise, then a whole child and one in slices, and prints what the
 * process has in use as it goes on.
 *
 * <p>{@code main STEPS LEAKED}: LEAKED tensors of one element are kept in every step and never
 * released, to see whether that shows.
 */
final class ManySteps {
  private static final int SAMPLES = 10;

  private final int steps;
  private final int leaked;

  private ManySteps(int steps, int leaked) {
    this.steps = steps;
    this.leaked = leaked;
  }

  public static void main(String[] arguments) throws IOException {
    CpuThreads.perOperation(1);
    ManySteps run = new ManySteps(Integer.parseInt(arguments[0]), Integer.parseInt(arguments[1]));
    try (HeterogeneousModel parent = SmallParent.model()) {
      run.trainBlocks(parent);
      run.trainChild(parent);
      run.trainSlices(parent);
    }
    System.exit(0);
  }

  private void trainBlocks(HeterogeneousModel parent) {
    ImmutableList<Candidate> some =
        ImmutableList.of(
            new Candidate.Ffn(1, new FfnSpec.Gated(24)),
            new Candidate.Ffn(2, new FfnSpec.Linear()));
    LocalDistillationSettings settings =
        new LocalDistillationSettings(steps, OptimizerSettings.ofRate(1e-4), 10, 0);
    try (BlockLibrary start =
            new Calibrator(InitSettings.DEFAULT)
                .calibrate(parent, SmallParent.SPACE, SmallParent.training());
        BlockLibrary trained =
            new LocalDistiller(settings)
                .withThreads(2)
                .distill(start, some, SmallParent.training(), watching("blocks"))
                .library()) {
      check(trained.trained().containsAll(some));
    }
  }

  private void trainChild(HeterogeneousModel parent) throws IOException {
    GlobalDistillationSettings settings =
        new GlobalDistillationSettings(
            steps, OptimizerSettings.ofRate(1e-4), 1, 1, 0, Math.max(1, steps / SAMPLES));
    try (HeterogeneousModel start = SmallParent.model(SmallParent.spec(), 2);
        HeterogeneousModel child =
            new GlobalDistiller(settings)
                .withThreads(2)
                .distill(
                    parent, start, SmallParent.training(), SmallParent.heldOut(), watching("child"))
                .child()) {
      check(child.spec().equals(start.spec()));
    }
  }

  /** Parent and child as slices, as one of several ranks has them. */
  private void trainSlices(HeterogeneousModel parent) throws IOException {
    GlobalDistillationSettings settings =
        new GlobalDistillationSettings(
            steps, OptimizerSettings.ofRate(1e-4), 1, 1, 0, Math.max(1, steps / SAMPLES));
    try (HeterogeneousModel start = SmallParent.model(SmallParent.spec(), 2);
        HeterogeneousModel child =
            new GlobalDistiller(settings)
                .withThreads(2)
                .withParentDivided(Device.CPU)
                .distill(
                    parent,
                    start,
                    SmallParent.training(),
                    SmallParent.heldOut(),
                    watching("slices"))
                .child()) {
      check(child.spec().equals(start.spec()));
    }
  }

  private static void check(boolean done) {
    if (!done) {
      throw new IllegalStateException("nothing was trained");
    }
  }

  /** Leaks what is to be leaked, and prints a line from time to time. */
  private LongConsumer watching(String what) {
    return step -> {
      for (int tensor = 0; tensor < leaked; tensor++) {
        try (NativeScope scope = NativeScope.open()) {
          NativeScope.keep(Tensors.of(new float[] {1}, 1));
        }
      }
      if (step % Math.max(1, steps / SAMPLES) == 0) {
        print(what, step);
      }
    };
  }

  private static void print(String what, long step) {
    MemoryUse use = MemoryUse.afterCollection();
    System.out.printf(
        "%s %d %d %d %d %d%n",
        what, step, use.residentBytes(), use.trackedBytes(), use.nativeObjects(), use.heapBytes());
  }
}
