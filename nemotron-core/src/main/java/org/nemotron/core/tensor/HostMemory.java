package org.nemotron.core.tensor;

import com.google.common.math.LongMath;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.bytedeco.javacpp.Pointer;

/** The machine's memory, and how much of it this process may take outside the Java heap. */
public final class HostMemory {
  private static final Path LINUX = Path.of("/proc/meminfo");
  private static final String AVAILABLE = "MemAvailable:";
  private static final int BYTES_PER_UNIT = 1024;
  private static final String LIMIT = "org.bytedeco.javacpp.maxPhysicalBytes";

  private HostMemory() {}

  /**
   * Returns how many bytes programs may still take without others being swapped out, as Linux
   * reckons it; elsewhere, what this program's heap may still grow by.
   */
  public static long availableBytes() {
    if (Files.isReadable(LINUX)) {
      try {
        return availableBytes(Files.readAllLines(LINUX));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return heapRoom();
  }

  /** Returns the same of these lines of Linux's report. */
  static long availableBytes(List<String> lines) {
    return lines.stream()
        .filter(line -> line.startsWith(AVAILABLE))
        .map(line -> line.substring(AVAILABLE.length()).replace("kB", "").strip())
        .mapToLong(number -> Long.parseLong(number) * BYTES_PER_UNIT)
        .findFirst()
        .orElseGet(HostMemory::heapRoom);
  }

  /**
   * Returns {@code wanted}, or half of what JavaCPP still lets this process have in time where that
   * is less: a default for memory that there may be little of.
   *
   * @param least below which it does not go
   */
  public static long modestShare(long wanted, long least) {
    Natives.load();
    return room().modestShare(wanted, least);
  }

  private static Room room() {
    return new Room(
        Pointer.maxPhysicalBytes(),
        Pointer.physicalBytes(),
        Runtime.getRuntime().maxMemory() - Runtime.getRuntime().totalMemory(),
        Files.isReadable(LINUX) ? availableBytes() : Long.MAX_VALUE);
  }

  /**
   * Checks that native memory can hold what is about to be made. JavaCPP lets a process have four
   * times its Java heap, unless the property {@code org.bytedeco.javacpp.maxPhysicalBytes} says
   * otherwise, and beyond it ends whatever call comes next with an OutOfMemoryError.
   *
   * @param what is about to be made
   * @param bytes that it writes at once
   * @param moreBytes that it writes in time
   * @param remedy what else may help, such as "give the engine fewer kvBytes"; may be empty
   * @throws IllegalArgumentException if there is not enough; the message names the property and a
   *     value that is enough, and the remedy
   */
  public static void checkRoom(String what, long bytes, long moreBytes, String remedy) {
    Natives.load();
    Optional<String> fault = room().fault(what, bytes, moreBytes, remedy);
    if (fault.isPresent()) {
      throw new IllegalArgumentException(fault.orElseThrow());
    }
  }

  /**
   * Returns what to throw instead of {@code e}: where LibTorch could not allocate, a sentence.
   *
   * @param what was about to be made
   * @param remedy what may help
   */
  public static RuntimeException explaining(RuntimeException e, String what, String remedy) {
    return String.valueOf(e.getMessage()).contains("DefaultCPUAllocator")
        ? new IllegalArgumentException(
            what + " takes more memory than this machine gives.\nMaybe " + remedy + ".", e)
        : e;
  }

  /**
   * What memory there is, in bytes.
   *
   * @param limit of the process as JavaCPP has it; 0 for none
   * @param used by the process, heap included
   * @param heapRoom what the heap may still grow by
   * @param available on the machine
   */
  record Room(long limit, long used, long heapRoom, long available) {
    private static final double GIB = 1L << 30;

    /** What a process takes in time beside its heap and tensors: compiled code, stacks, arenas. */
    private static final long REST = 128L << 20;

    long modestShare(long wanted, long least) {
      long left = limit > 0 ? limit - used - heapRoom - REST : Long.MAX_VALUE;
      return Math.max(Math.min(wanted, left / 2), Math.min(wanted, least));
    }

    Optional<String> fault(String what, long bytes, long moreBytes, String remedy) {
      long all = LongMath.saturatedAdd(bytes, moreBytes);
      long growth = heapRoom + REST;
      if (limit > 0 && LongMath.saturatedAdd(used + growth, all) > limit) {
        return Optional.of(
            String.format(
                Locale.ROOT,
                "%s may take %.2f GiB, and the Java heap and compiled code %.2f more in time, but"
                    + " of the %.2f GiB that JavaCPP lets this process have (four times the Java"
                    + " heap, unless %s is set) %.2f are in use.\n"
                    + "Maybe start Java with -D%s=%dg, or 0 for no limit%s.",
                what,
                all / GIB,
                growth / GIB,
                limit / GIB,
                LIMIT,
                used / GIB,
                LIMIT,
                enough(all),
                remedy.isEmpty() ? "" : "; or " + remedy));
      }
      if (bytes > available) {
        return Optional.of(
            String.format(
                Locale.ROOT,
                "%s takes %.2f GiB, but this machine has %.2f GiB left.\n"
                    + "Maybe end other programs, or take a smaller model.",
                what,
                bytes / GIB,
                available / GIB));
      }
      return Optional.empty();
    }

    /** A quarter more than everything, for what libraries take. */
    private long enough(long all) {
      return (long) Math.ceil((REST + 1.25 * (used + heapRoom + (double) all)) / GIB);
    }
  }

  private static long heapRoom() {
    Runtime runtime = Runtime.getRuntime();
    return runtime.maxMemory() - runtime.totalMemory() + runtime.freeMemory();
  }
}
