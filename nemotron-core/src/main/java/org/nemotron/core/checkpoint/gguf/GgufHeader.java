package org.nemotron.core.checkpoint.gguf;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Lists;
import java.io.IOException;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;
import org.nemotron.core.checkpoint.format.GgufType;
import org.nemotron.core.spec.Shapes;

/**
 * The directory of a GGUF file: its keys, and where each tensor lies. Immutable.
 *
 * <p>What a header says is believed only where it adds up: nothing is made room for that the rest
 * of the file could not hold, sizes do not overflow, and tensors neither overlap nor reach beyond
 * the end.
 *
 * @param values by key, in the order of the file
 * @param tensors by name, in the order of their bytes
 */
record GgufHeader(ImmutableMap<String, GgufValue> values, ImmutableMap<String, Entry> tensors) {
  /** A length, a number of dimensions, one size, a type, an offset. */
  private static final int LEAST_ENTRY_BYTES = 8 + 4 + 8 + 4 + 8;

  /** A length, a type, a truth value. */
  private static final int LEAST_VALUE_BYTES = 8 + 4 + 1;

  private static final int MAX_DIMENSIONS = 4;
  private static final long MAX_ALIGNMENT = 1 << 20;
  private static final String ALIGNMENT = "general.alignment";

  /**
   * Where a tensor lies.
   *
   * @param shape sizes, slowest dimension first
   * @param begin first byte, counted from the beginning of the file
   */
  record Entry(String name, GgufType type, ImmutableList<Long> shape, long begin, long bytes) {
    long end() {
      return begin + bytes;
    }
  }

  /** Reads a header; the message of an error does not name the file. */
  static GgufHeader read(GgufInput in) throws IOException {
    GgufSignature.check(in);
    long tensorCount = in.int64();
    long valueCount = in.int64();
    in.checkCount(tensorCount, LEAST_ENTRY_BYTES, "tensors");
    in.checkCount(valueCount, LEAST_VALUE_BYTES, "keys");
    Map<String, GgufValue> values = new LinkedHashMap<>();
    for (long left = valueCount; left > 0; left--) {
      String key = in.text();
      in.check(values.put(key, in.value(key)) == null, "key " + key + " is given twice");
    }
    Map<String, Entry> entries = new LinkedHashMap<>();
    for (long left = tensorCount; left > 0; left--) {
      Entry entry = readEntry(in);
      in.check(
          entries.put(entry.name(), entry) == null, "tensor " + entry.name() + " is given twice");
    }
    return new GgufHeader(
        ImmutableMap.copyOf(values), placed(in, entries.values(), alignment(in, values)));
  }

  private static Entry readEntry(GgufInput in) throws IOException {
    String name = in.text();
    String where = "tensor " + name + ": ";
    long dimensions = in.uint32();
    in.check(
        dimensions >= 1 && dimensions <= MAX_DIMENSIONS,
        where + dimensions + " dimensions are not supported; 1 to " + MAX_DIMENSIONS + " are");
    ImmutableList.Builder<Long> sizes = ImmutableList.builder();
    for (long left = dimensions; left > 0; left--) {
      long size = in.int64();
      in.check(size > 0, where + "size " + size + " must be positive");
      sizes.add(size);
    }
    ImmutableList<Long> shape =
        Lists.reverse(sizes.build()).stream().collect(ImmutableList.toImmutableList());
    long code = in.uint32();
    Optional<GgufType> type = GgufType.ofCode(code);
    if (type.isEmpty()) {
      throw GgufTypeNames.unsupported(where, code);
    }
    long offset = in.int64();
    in.check(offset >= 0, where + "offset " + offset + " must not be negative");
    return new Entry(name, type.orElseThrow(), shape, offset, bytes(in, where, type.get(), shape));
  }

  private static long bytes(GgufInput in, String where, GgufType type, ImmutableList<Long> shape)
      throws CheckpointFormatException {
    long row = shape.get(shape.size() - 1);
    in.check(type.fits(row), where + "rows of " + row + " elements are no blocks of " + type);
    try {
      long unused = Math.multiplyExact(Shapes.elements(shape), (long) Float.BYTES);
      return type.bytes(shape);
    } catch (ArithmeticException e) {
      throw new CheckpointFormatException(where + "shape " + shape + " is too large", e);
    }
  }

  private static long alignment(GgufInput in, Map<String, GgufValue> values)
      throws CheckpointFormatException {
    if (!(values.get(ALIGNMENT) instanceof GgufValue.Whole whole)) {
      in.check(!values.containsKey(ALIGNMENT), ALIGNMENT + " must be a whole number");
      return GgufWriter.ALIGNMENT;
    }
    long alignment = whole.value();
    in.check(
        alignment > 0 && alignment <= MAX_ALIGNMENT && Long.bitCount(alignment) == 1,
        ALIGNMENT + " (" + alignment + ") must be a power of two up to " + MAX_ALIGNMENT);
    return alignment;
  }

  /** Returns the tensors in the order of their bytes, which must not overlap. */
  private static ImmutableMap<String, Entry> placed(
      GgufInput in, Iterable<Entry> entries, long alignment) throws CheckpointFormatException {
    long dataBegin = (in.position() + alignment - 1) / alignment * alignment;
    ImmutableMap.Builder<String, Entry> placed = ImmutableMap.builder();
    long end = 0;
    for (Entry entry :
        ImmutableList.sortedCopyOf(
            Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end), entries)) {
      String where = "tensor " + entry.name() + ": ";
      in.check(
          entry.begin() % alignment == 0,
          where + "offset " + entry.begin() + " must be a multiple of " + alignment);
      in.check(
          entry.begin() >= end,
          where + "begins at byte " + entry.begin() + " but the tensor before it ends at " + end);
      in.check(
          entry.bytes() <= in.length() - dataBegin - entry.begin(),
          where + "its " + entry.bytes() + " bytes at " + entry.begin() + " end beyond the file");
      end = entry.end();
      placed.put(
          entry.name(),
          new Entry(
              entry.name(), entry.type(), entry.shape(), dataBegin + entry.begin(), entry.bytes()));
    }
    return placed.buildOrThrow();
  }
}
