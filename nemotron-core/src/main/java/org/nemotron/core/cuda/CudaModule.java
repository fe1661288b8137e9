package org.nemotron.core.cuda;

import static com.google.common.base.Preconditions.checkState;

import com.google.common.collect.ImmutableList;
import com.google.common.io.Resources;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.bytedeco.cuda.cudart.CUfunc_st;
import org.bytedeco.cuda.cudart.CUmod_st;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.cuda.global.nvrtc;
import org.bytedeco.cuda.nvrtc._nvrtcProgram;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;
import org.bytedeco.javacpp.SizeTPointer;
import org.nemotron.core.tensor.NativeScope;

/**
 * CUDA C++ compiled for one GPU at run time, by NVRTC. Holds the machine code until it closes.
 *
 * <p>Any thread may close it; closing twice is harmless, use after close is refused.
 */
public final class CudaModule implements AutoCloseable {
  private final CUmod_st module;
  private final List<CudaKernel> kernels = new ArrayList<>();
  private boolean closed;

  private CudaModule(CUmod_st module) {
    this.module = NativeScope.keep(module);
  }

  /**
   * Compiles files beside {@code beside} in its jar as one source, in this order.
   *
   * @param macros {@code NAME=value}
   * @throws CudaException with the compiler's messages if they do not compile
   */
  public static CudaModule compile(
      Gpu gpu, Class<?> beside, List<String> files, List<String> macros) {
    String source = files.stream().map(file -> text(beside, file)).collect(Collectors.joining());
    ImmutableList.Builder<String> options = ImmutableList.builder();
    options.add("--gpu-architecture=sm_" + gpu.capability(), "--std=c++17");
    macros.forEach(macro -> options.add("-D" + macro));
    try (NativeScope scope = NativeScope.open()) {
      BytePointer code = compiled(source, String.join("+", files), options.build());
      CUmod_st module = new CUmod_st();
      CudaException.check(cudart.cuModuleLoadData(module, code), "loading %s", files);
      return new CudaModule(module);
    }
  }

  private static String text(Class<?> beside, String file) {
    try {
      return Resources.toString(Resources.getResource(beside, file), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static BytePointer compiled(String source, String name, List<String> options) {
    _nvrtcProgram program = new _nvrtcProgram();
    CudaException.checkCompiler(
        nvrtc.nvrtcCreateProgram(
            program,
            new BytePointer(source),
            new BytePointer(name),
            0,
            new PointerPointer<Pointer>(),
            new PointerPointer<Pointer>()),
        name);
    int code =
        nvrtc.nvrtcCompileProgram(
            program, options.size(), new PointerPointer<>(options.toArray(new String[0])));
    if (code != nvrtc.NVRTC_SUCCESS) {
      throw new CudaException(name + " does not compile:\n" + log(program));
    }
    SizeTPointer size = new SizeTPointer(1);
    CudaException.checkCompiler(nvrtc.nvrtcGetCUBINSize(program, size), name);
    BytePointer machineCode = new BytePointer(size.get());
    CudaException.checkCompiler(nvrtc.nvrtcGetCUBIN(program, machineCode), name);
    CudaException.checkCompiler(nvrtc.nvrtcDestroyProgram(program), name);
    return machineCode;
  }

  private static String log(_nvrtcProgram program) {
    SizeTPointer size = new SizeTPointer(1);
    CudaException.checkCompiler(nvrtc.nvrtcGetProgramLogSize(program, size), "reading messages");
    BytePointer log = new BytePointer(size.get());
    CudaException.checkCompiler(nvrtc.nvrtcGetProgramLog(program, log), "reading messages");
    return log.getString();
  }

  /** Returns the kernel called {@code name}; valid while this module is open. */
  public CudaKernel kernel(String name) {
    checkState(!closed, "this program is closed");
    try (NativeScope scope = NativeScope.open()) {
      CUfunc_st function = new CUfunc_st();
      CudaException.check(
          cudart.cuModuleGetFunction(function, module, name), "looking for kernel %s", name);
      CudaKernel kernel = new CudaKernel(name, function);
      kernels.add(kernel);
      return kernel;
    }
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      kernels.forEach(CudaKernel::release);
      CudaException.check(cudart.cuModuleUnload(module), "unloading kernels");
      NativeScope.release(module);
    }
  }
}
