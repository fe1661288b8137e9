package org.nemotron.core.checkpoint.file;

import java.nio.file.Path;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.nemotron.core.tensor.DType;

/** A file as a tensor of bytes, mapped by LibTorch, and typed views over it. */
public final class MappedBytes {
  private static final boolean SHARED = false;

  private MappedBytes() {}

  /** Returns the first {@code bytes} bytes of a file, owned by the current scope; not copied. */
  public static Tensor of(Path path, long bytes) {
    return torch.from_file(
        path.toString(),
        new BoolOptional(SHARED),
        new LongOptional(bytes),
        new TensorOptions(torch.ScalarType.Byte));
  }

  /**
   * Returns a range as elements of {@code dtype}, one dimension; copied only where it does not
   * begin at a multiple of the element size.
   */
  public static Tensor view(Tensor fileBytes, long begin, long bytes, DType dtype) {
    Tensor range = fileBytes.narrow(0, begin, bytes);
    return (begin % dtype.bytes() == 0 ? range : range.clone()).view(dtype.scalarType());
  }
}
