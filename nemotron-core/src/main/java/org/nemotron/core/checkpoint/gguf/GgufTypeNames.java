package org.nemotron.core.checkpoint.gguf;

import com.google.common.collect.ImmutableMap;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;
import org.nemotron.core.checkpoint.format.GgufType;

/** What ggml calls the types of elements that this library does not read, by their codes. */
final class GgufTypeNames {
  private static final ImmutableMap<Long, String> UNSUPPORTED =
      ImmutableMap.<Long, String>builder()
          .put(4L, "Q4_2")
          .put(5L, "Q4_3")
          .put(9L, "Q8_1")
          .put(16L, "IQ2_XXS")
          .put(17L, "IQ2_XS")
          .put(18L, "IQ3_XXS")
          .put(19L, "IQ1_S")
          .put(21L, "IQ3_S")
          .put(22L, "IQ2_S")
          .put(24L, "I8")
          .put(25L, "I16")
          .put(26L, "I32")
          .put(27L, "I64")
          .put(28L, "F64")
          .put(29L, "IQ1_M")
          .put(31L, "Q4_0_4_4")
          .put(32L, "Q4_0_4_8")
          .put(33L, "Q4_0_8_8")
          .put(34L, "TQ1_0")
          .put(35L, "TQ2_0")
          .put(36L, "IQ4_NL_4_4")
          .put(37L, "IQ4_NL_4_8")
          .put(38L, "IQ4_NL_8_8")
          .put(39L, "MXFP4")
          .put(40L, "NVFP4")
          .put(41L, "Q1_0")
          .buildOrThrow();

  private GgufTypeNames() {}

  /** Returns the refusal of a tensor of type {@code code}. */
  static CheckpointFormatException unsupported(String where, long code) {
    String name =
        UNSUPPORTED.containsKey(code) ? UNSUPPORTED.get(code) + " (" + code + ")" : "" + code;
    return new CheckpointFormatException(
        where
            + "type "
            + name
            + " is not supported; "
            + Arrays.stream(GgufType.values()).map(Enum::name).collect(Collectors.joining(", "))
            + " are.\nMaybe the model is also published as F16, BF16, Q8_0, Q4_K_M or Q4_0.");
  }
}
