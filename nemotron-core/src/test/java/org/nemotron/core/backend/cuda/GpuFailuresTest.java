package org.nemotron.core.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.nemotron.core.cuda.GpuMemoryException;
import org.nemotron.core.tensor.Device;

final class GpuFailuresTest {
  private static final Device GPU = new Device("cuda", 0);

  @Test
  void explained_outOfMemory_saysWhatWasAskedAndWhatIsFree() {
    RuntimeException failure =
        new RuntimeException(
            "CUDA out of memory. Tried to allocate 16.00 MiB. GPU 0 has a total capacity of 79.18"
                + " GiB of which 10.19 MiB is free. Including non-PyTorch memory, this process has"
                + " 79.16 GiB memory in use.");
    assertThat(CudaFailures.explained(failure, GPU))
        .isInstanceOf(GpuMemoryException.class)
        .hasMessage(
            "cuda:0: 16.00 MiB do not fit; 10.19 MiB of 79.18 GiB are free.\n"
                + "Maybe give the engine fewer kvBytes, prefillTokens or a smaller maxBatch, or"
                + " free the GPU of other programs.");
  }

  @Test
  void explained_anythingElse_staysAsItIs() {
    RuntimeException failure = new IllegalStateException("another fault");
    assertThat(CudaFailures.explained(failure, GPU)).isSameAs(failure);
  }
}
