package org.nemotron.core.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class NativesTest {
  private static final String PLATFORM = "linux-riscv64";

  private static Throwable fault(Throwable cause) {
    return new UnsatisfiedLinkError("no jnitorch in java.library.path: /lib:/usr/lib")
        .initCause(cause);
  }

  @Test
  void sentence_libraryNotFound_namesTheThreeDependencies() {
    Throwable fault = fault(new UnsatisfiedLinkError("Could not find jnitorch in class paths."));
    assertThat(Natives.sentence(fault, PLATFORM))
        .startsWith(
            "LibTorch's native libraries for linux-riscv64 are missing (no jnitorch in"
                + " java.library.path).\n"
                + "Maybe add three dependencies, each with the classifier linux-riscv64:"
                + " org.bytedeco:pytorch:")
        .contains(", org.bytedeco:openblas:", " and org.bytedeco:javacpp:")
        .endsWith(". A platform that they are not published for cannot run this library.");
  }

  @Test
  void sentence_libraryCannotBeLoaded_tellsWhy() {
    Throwable fault = fault(new UnsatisfiedLinkError("libgomp.so.1: cannot open shared object"));
    assertThat(Natives.sentence(fault, PLATFORM))
        .isEqualTo(
            "LibTorch's native libraries for linux-riscv64 cannot be loaded (libgomp.so.1: cannot"
                + " open shared object).\n"
                + "Maybe this system lacks a library that they need, such as a recent glibc, or"
                + " they are of different versions.");
  }
}
