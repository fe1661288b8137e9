package org.nemotron.core.backend.cuda;

import com.google.common.collect.ImmutableList;
import java.util.HashMap;
import java.util.Map;
import org.nemotron.core.cuda.CudaKernel;
import org.nemotron.core.cuda.CudaModule;
import org.nemotron.core.cuda.Gpu;
import org.nemotron.core.inference.KvPages;

/** The kernels of steps on one GPU, compiled when they are first needed. */
final class StepKernels implements AutoCloseable {
  private static final String COMMON = "/org/nemotron/core/cuda/common.cu";

  private final Gpu gpu;
  private final Map<String, CudaModule> programs = new HashMap<>();
  private final Map<String, CudaKernel> kernels = new HashMap<>();

  StepKernels(Gpu gpu) {
    this.gpu = gpu;
  }

  Gpu gpu() {
    return gpu;
  }

  /** Returns a kernel of any number of rows. */
  CudaKernel of(String name) {
    return kernel(name, ImmutableList.of(COMMON), ImmutableList.of());
  }

  /** Returns the kernel of all layers of a step of few rows. */
  CudaKernel ofFewRows(PersistentKernelShape shape) {
    return kernel(
        "persistent_step",
        ImmutableList.of(COMMON, "persistent.cu"),
        ImmutableList.of(
            "ROWS=" + shape.rows(),
            "HEAD_DIM=" + shape.headDim(),
            "GROUPS=" + shape.groups(),
            "PAGE=" + KvPages.PAGE_TOKENS,
            "SLOTS=" + shape.slots()));
  }

  /** Returns an attention kernel of blocks that serve {@code group} query heads. */
  CudaKernel ofAttention(String name, int headDim, int group) {
    return kernel(
        name,
        ImmutableList.of(COMMON, "attention.cu"),
        ImmutableList.of("HEAD_DIM=" + headDim, "GROUP=" + group, "PAGE=" + KvPages.PAGE_TOKENS));
  }

  /** Returns the kernel that chooses tokens. */
  CudaKernel ofChoice() {
    return kernel("sample_tokens", ImmutableList.of(COMMON, "sampling.cu"), ImmutableList.of());
  }

  private CudaKernel kernel(
      String name, ImmutableList<String> files, ImmutableList<String> macros) {
    String program = files + " " + macros;
    return kernels.computeIfAbsent(
        program + name,
        key ->
            programs
                .computeIfAbsent(
                    program, k -> CudaModule.compile(gpu, StepKernels.class, files, macros))
                .kernel(name));
  }

  @Override
  public void close() {
    programs.values().forEach(CudaModule::close);
    programs.clear();
    kernels.clear();
  }
}
