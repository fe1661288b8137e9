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

  /** Returns a kernel of any number of rows whose products or pages are 8-bit floats. */
  CudaKernel ofEight(String name) {
    return kernel(name, ImmutableList.of(COMMON, "eight.cu"), ImmutableList.of());
  }

  /**
   * Returns the kernel of all layers of a step of few rows.
   *
   * @param eight whether pages are 8-bit floats
   * @param ranks that share the model
   */
  CudaKernel ofFewRows(PersistentKernelShape shape, boolean eight, int ranks) {
    return kernel(
        "persistent_step",
        ImmutableList.of(COMMON, "persistent.cu"),
        ImmutableList.of(
            "ROWS=" + shape.rows(),
            "HEAD_DIM=" + shape.headDim(),
            "GROUPS=" + shape.groups(),
            "PAGE=" + KvPages.PAGE_TOKENS,
            "SLOTS=" + shape.slots(),
            "EIGHT_KV=" + (eight ? 1 : 0),
            "RANKS=" + ranks));
  }

  /**
   * Returns the attention of blocks that serve {@code group} query heads.
   *
   * @param eight whether pages are 8-bit floats
   */
  CudaKernel ofAttention(int headDim, int group, boolean eight) {
    return kernel(
        "attend",
        ImmutableList.of(COMMON, "attention.cu"),
        ImmutableList.of(
            "HEAD_DIM=" + headDim,
            "GROUP=" + group,
            "PAGE=" + KvPages.PAGE_TOKENS,
            "EIGHT_KV=" + (eight ? 1 : 0)));
  }

  /** Returns the same on tensor cores, for heads of 128 elements and pages of 8-bit floats. */
  CudaKernel ofTensorAttention(int group) {
    return kernel(
        "attend_eight",
        ImmutableList.of(COMMON, "attention8.cu"),
        ImmutableList.of("GROUP=" + group, "PAGE=" + KvPages.PAGE_TOKENS));
  }

  /** Returns a kernel for what ranks send each other. */
  CudaKernel ofRanks(String name) {
    return kernel(name, ImmutableList.of(COMMON, "ranks.cu"), ImmutableList.of());
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
