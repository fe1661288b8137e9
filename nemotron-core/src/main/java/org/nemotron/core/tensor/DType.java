package org.nemotron.core.tensor;

import static com.google.common.base.Preconditions.checkArgument;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The element types that this library computes with or reads. */
public enum DType {
  /** IEEE single precision. */
  FLOAT32(4, "F32", "float32", ScalarType.Float),
  /** IEEE half precision. */
  FLOAT16(2, "F16", "float16", ScalarType.Half),
  /** The upper half of a single. */
  BFLOAT16(2, "BF16", "bfloat16", ScalarType.BFloat16),
  /**
   * 8-bit floats without infinities, up to 448: what GPUs serve in. Files of it are read together
   * with their scales; no model computes in it: {@code WeightFormat} and {@code KvFormat} do.
   */
  FLOAT8_E4M3(1, "F8_E4M3", "float8_e4m3fn", ScalarType.Float8_e4m3fn),
  /** Token ids and indices. */
  INT64(8, "I64", "int64", ScalarType.Long),
  /** Counts in files. */
  INT32(4, "I32", "int32", ScalarType.Int);

  private final int bytes;
  private final String safetensorsName;
  private final String configName;
  private final ScalarType scalarType;

  DType(int bytes, String safetensorsName, String configName, ScalarType scalarType) {
    this.bytes = bytes;
    this.safetensorsName = safetensorsName;
    this.configName = configName;
    this.scalarType = scalarType;
  }

  /** Returns the size of an element. */
  public int bytes() {
    return bytes;
  }

  /** Returns the name used in a safetensors header, for example {@code BF16}. */
  public String safetensorsName() {
    return safetensorsName;
  }

  /** Returns the name used in config.json and in plans, for example {@code bfloat16}. */
  public String configName() {
    return configName;
  }

  /** Returns LibTorch's name for it. */
  public ScalarType scalarType() {
    return scalarType;
  }

  /** Returns whether elements are real numbers that models compute in. */
  public boolean isFloatingPoint() {
    return this == FLOAT32 || this == FLOAT16 || this == BFLOAT16;
  }

  /** Returns the type that a safetensors header names, or empty for one that is not supported. */
  public static Optional<DType> ofSafetensors(String name) {
    return Arrays.stream(values()).filter(type -> type.safetensorsName.equals(name)).findFirst();
  }

  /**
   * Returns the type with this {@link #configName}; the prefix {@code torch.} is ignored.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static DType parse(String name) {
    String plain = name.toLowerCase(Locale.ROOT).replace("torch.", "");
    Optional<DType> found =
        Arrays.stream(values()).filter(type -> type.configName.equals(plain)).findFirst();
    checkArgument(
        found.isPresent(),
        "dtype (%s) must be one of %s",
        name,
        Arrays.stream(values()).map(DType::configName).collect(Collectors.joining(", ")));
    return found.orElseThrow();
  }

  /**
   * Returns the element type of {@code tensor}.
   *
   * @throws IllegalArgumentException if it is none of these
   */
  public static DType of(Tensor tensor) {
    ScalarType type = tensor.scalar_type().intern();
    Optional<DType> found =
        Arrays.stream(values()).filter(candidate -> candidate.scalarType == type).findFirst();
    checkArgument(found.isPresent(), "element type %s is not supported", type);
    return found.orElseThrow();
  }
}
