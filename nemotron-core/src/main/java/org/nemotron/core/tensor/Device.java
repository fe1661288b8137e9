package org.nemotron.core.tensor;

import static com.google.common.base.Preconditions.checkArgument;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.TensorOptions;

/**
 * Where tensors live and are computed: the CPU, or one CUDA GPU. Immutable.
 *
 * @param kind {@code cpu} or {@code cuda}
 * @param index which GPU; 0 for the CPU
 */
public record Device(String kind, int index) {
  /** The processor this program runs on. */
  public static final Device CPU = new Device("cpu", 0);

  private static final Pattern NAME = Pattern.compile("(cpu|cuda)(?::([0-9]{1,3}))?");

  /** Checks the kind. */
  public Device {
    checkArgument(
        kind.equals("cpu") || kind.equals("cuda"), "device kind (%s) must be cpu or cuda", kind);
    checkArgument(index >= 0, "device index (%s) must not be negative", index);
    checkArgument(!kind.equals("cpu") || index == 0, "the CPU has no index");
  }

  /**
   * Returns the device of this name: {@code cpu}, {@code cuda} or {@code cuda:1}.
   *
   * @throws IllegalArgumentException if the name is of another form
   */
  public static Device parse(String name) {
    Matcher matcher = NAME.matcher(name);
    checkArgument(matcher.matches(), "device (%s) must be cpu, cuda or cuda:N", name);
    String index = matcher.group(2);
    return new Device(matcher.group(1), index == null ? 0 : Integer.parseInt(index));
  }

  /** Returns options that make a tensor of {@code dtype} here, owned by the current scope. */
  public TensorOptions options(DType dtype) {
    return new TensorOptions()
        .device(new DeviceOptional(new org.bytedeco.pytorch.Device(toString())))
        .dtype(new ScalarTypeOptional(dtype.scalarType()));
  }

  @Override
  public String toString() {
    return kind.equals("cpu") ? "cpu" : "cuda:" + index;
  }
}
