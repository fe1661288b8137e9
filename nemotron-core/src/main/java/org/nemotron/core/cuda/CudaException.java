package org.nemotron.core.cuda;

import static org.bytedeco.cuda.global.cudart.CUDA_SUCCESS;
import static org.bytedeco.cuda.global.cudart.cudaErrorMemoryAllocation;
import static org.bytedeco.cuda.global.cudart.cudaGetErrorString;
import static org.bytedeco.cuda.global.cudart.cudaGetLastError;

import com.google.errorprone.annotations.FormatMethod;
import org.bytedeco.cuda.global.nvrtc;

/** A call to the CUDA runtime, driver or compiler that failed: a fault of ours or of the GPU. */
public final class CudaException extends RuntimeException {
  private static final long serialVersionUID = 1;

  CudaException(String message) {
    super(message);
  }

  /** Throws unless {@code code}, of the runtime or the driver, is success. */
  @FormatMethod
  static void check(int code, String what, Object... arguments) {
    if (code == CUDA_SUCCESS) {
      return;
    }
    int cleared = cudaGetLastError(); // else a later call would report it again
    String doing = String.format(what, arguments);
    if (code == cudaErrorMemoryAllocation) {
      throw new GpuMemoryException(doing + ": the memory is used up");
    }
    throw new CudaException(
        doing + ": " + cudaGetErrorString(code).getString() + " (" + code + ", " + cleared + ")");
  }

  /** Throws unless {@code code}, of the run-time compiler, is success. */
  static void checkCompiler(int code, String what) {
    if (code != nvrtc.NVRTC_SUCCESS) {
      throw new CudaException(what + ": " + nvrtc.nvrtcGetErrorString(code).getString());
    }
  }
}
