package org.nemotron.core.backend.cpu;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;

/** {@code a * b + c} rounded once, where the processor has an instruction for it. */
final class FusedMultiplyAdd {
  /** Whether the virtual machine uses one: {@link Math#fma} without takes a microsecond. */
  static final boolean AVAILABLE = isUsed();

  private FusedMultiplyAdd() {}

  private static boolean isUsed() {
    try {
      return Boolean.parseBoolean(
          ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
              .getVMOption("UseFMA")
              .getValue());
    } catch (IllegalArgumentException e) {
      return false; // a virtual machine of another kind, which may or may not
    }
  }

  /** Returns {@code a * b + c}, rounded twice where there is no such instruction. */
  static float of(float a, float b, float c) {
    return AVAILABLE ? Math.fma(a, b, c) : a * b + c;
  }
}
