package org.nemotron.core.backend.cuda;

import org.nemotron.core.cuda.GpuMemoryException;
import org.nemotron.core.tensor.Device;

/** What LibTorch's failures on a GPU mean for whoever serves a model there. */
final class CudaFailures {
  private static final String REMEDY =
      "Maybe give the engine fewer kvBytes, prefillTokens or a smaller maxBatch, or free the GPU of"
          + " other programs.";

  private CudaFailures() {}

  /** Returns {@code failure}, or a sentence about the GPU's memory where that is the cause. */
  static RuntimeException explained(RuntimeException failure, Device device) {
    return GpuMemoryException.explaining(failure, device, REMEDY);
  }
}
