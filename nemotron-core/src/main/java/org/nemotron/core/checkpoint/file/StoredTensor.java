package org.nemotron.core.checkpoint.file;

import com.google.common.collect.ImmutableList;

/**
 * Where a safetensors file keeps a tensor. Immutable.
 *
 * @param name the tensor's name
 * @param dtypeName element type as the header spells it, for example {@code BF16}
 * @param shape sizes, slowest dimension first; empty for a scalar
 * @param begin first byte, counted from the end of the header
 * @param bytes how many bytes
 */
public record StoredTensor(
    String name, String dtypeName, ImmutableList<Long> shape, long begin, long bytes) {
  /** Returns the first byte after this tensor, counted from the end of the header. */
  public long end() {
    return begin + bytes;
  }
}
