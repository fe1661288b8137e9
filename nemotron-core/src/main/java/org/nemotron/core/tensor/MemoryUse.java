package org.nemotron.core.tensor;

import org.bytedeco.javacpp.Pointer;

/**
 * What this process has in use at one moment. A process that does the same work again and again
 * shows the same numbers again and again. Immutable.
 *
 * @param residentBytes what the operating system counts as the process's own memory
 * @param trackedBytes native memory that JavaCPP allocated and has not freed; elements of tensors
 *     are LibTorch's and count as resident only
 * @param nativeObjects tensors and other native objects that have an owner in Java
 * @param heapBytes Java objects, garbage included
 */
public record MemoryUse(long residentBytes, long trackedBytes, long nativeObjects, long heapBytes) {
  /** Returns what is in use now. */
  public static MemoryUse now() {
    Runtime java = Runtime.getRuntime();
    return new MemoryUse(
        Pointer.physicalBytes(),
        Pointer.totalBytes(),
        Pointer.totalCount(),
        java.totalMemory() - java.freeMemory());
  }

  /** Collects garbage, and returns what is in use then. */
  public static MemoryUse afterCollection() {
    System.gc();
    return now();
  }
}
