package org.nemotron.core.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.condition.EnabledIf;
import org.nemotron.core.backend.Backends;
import org.nemotron.core.backend.cpu.CloseablesTest;
import org.nemotron.core.cuda.CudaGraph;
import org.nemotron.core.cuda.CudaMark;
import org.nemotron.core.cuda.CudaModule;
import org.nemotron.core.cuda.CudaStream;
import org.nemotron.core.cuda.CudaTimer;
import org.nemotron.core.cuda.Gpu;
import org.nemotron.core.cuda.KernelLauncher;
import org.nemotron.core.cuda.NcclRank;
import org.nemotron.core.cuda.PinnedBytes;
import org.nemotron.core.cuda.PinnedFloats;
import org.nemotron.core.inference.InferenceBackend;
import org.nemotron.core.inference.InferenceModel;
import org.nemotron.core.inference.InferenceSession;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.testing.CloseableCase;
import org.nemotron.core.testing.CloseableContract;

/** What {@link CloseablesTest} asks of closeables that only a GPU has. */
@EnabledIf(value = "hasGpu", disabledReason = "there is no CUDA GPU here")
public final class GpuCloseablesTest implements CloseableContract {
  private static final Device GPU = new Device("cuda", 0);

  static boolean hasGpu() {
    return Gpu.isAvailable();
  }

  /** The types that only a GPU has. */
  public static Stream<CloseableCase> casesOfTypes() {
    return Stream.of(
        CloseableCase.of(
            CudaBackend.class,
            () -> new CudaBackend(GPU),
            made -> ready(made).close(),
            "this device is closed"),
        CloseableCase.of(
            CudaTimer.class,
            () -> new CudaTimer(2),
            GpuCloseablesTest::mark,
            "this clock is closed"),
        CloseableCase.of(
            CudaGraph.class,
            () -> CudaGraph.record(stream(), () -> {}),
            CudaGraph::launch,
            "this graph is closed"),
        CloseableCase.of(
            CudaModule.class,
            () ->
                CudaModule.compile(
                    Gpu.of(GPU),
                    StepKernels.class,
                    List.of("/org/nemotron/core/cuda/common.cu"),
                    List.of()),
            made -> assertThat(made.kernel("embed")).isNotNull(),
            "this program is closed"),
        CloseableCase.of(
            CudaStream.class,
            GpuCloseablesTest::stream,
            CudaStream::synchronize,
            "this stream is closed"),
        CloseableCase.of(
            CudaMark.class,
            () -> new CudaMark(stream()),
            GpuCloseablesTest::waitFor,
            "this mark is closed"),
        CloseableCase.of(
            NcclRank.class,
            () -> new NcclRank(NcclRank.newId(), 0, 1, stream()),
            GpuCloseablesTest::sum,
            "this communicator is closed"),
        CloseableCase.ofNothing(CudaStream.Use.class, () -> stream().use())
            .onItsThreadOnly("a stream taken on thread %s must be left there, not on %s"),
        CloseableCase.of(
            KernelLauncher.class,
            () -> new KernelLauncher(stream()),
            made -> made.number(1),
            "this launcher is closed"),
        CloseableCase.of(
            PinnedBytes.class,
            () -> new PinnedBytes(8),
            made -> assertThat(made.bytes().capacity()).isEqualTo(8),
            "this memory is closed"),
        CloseableCase.of(
            PinnedFloats.class,
            () -> new PinnedFloats(8),
            made -> assertThat(made.tensor().numel()).isEqualTo(8),
            "this memory is closed"));
  }

  /** What the interfaces of {@link CloseablesTest} promise, kept by a GPU. */
  static Stream<CloseableCase> casesOfInterfaces() {
    return Stream.of(
        CloseableCase.of(
            InferenceModel.class,
            () -> ready(Backends.of(GPU)),
            GpuCloseablesTest::step,
            "this model is closed"),
        CloseableCase.of(
            InferenceSession.class,
            () -> ready(Backends.of(GPU)).newSession(1),
            CloseablesTest::step,
            "this session is closed"));
  }

  private static CudaStream stream() {
    return new CudaStream(Gpu.of(GPU));
  }

  private static void waitFor(CudaMark mark) {
    try (CudaStream stream = stream()) {
      stream.waitFor(mark);
    }
  }

  private static void sum(NcclRank alone) {
    try (CudaTensor four = CudaTensor.zeros(GPU, DType.BFLOAT16, 4)) {
      alone.sumBfloat16(four.address(), 4);
      Gpu.of(GPU).synchronize();
    }
  }

  private static void mark(CudaTimer clock) {
    try (CudaStream stream = stream()) {
      clock.mark(0, stream);
    }
  }

  private static InferenceModel ready(InferenceBackend device) {
    try (HeterogeneousModel model = GpuModelTest.firstModel()) {
      return device.prepare(model, WeightFormat.BFLOAT16, 4);
    }
  }

  private static void step(InferenceModel model) {
    try (InferenceSession session = model.newSession(1)) {
      CloseablesTest.step(session);
    }
  }

  static Stream<CloseableCase> cases() {
    return Stream.concat(casesOfTypes(), casesOfInterfaces());
  }
}
