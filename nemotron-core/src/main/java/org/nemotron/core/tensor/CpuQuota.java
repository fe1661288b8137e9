package org.nemotron.core.tensor;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import com.google.common.primitives.Doubles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;

/**
 * The processor time that cgroups allow this process, in cores: the least of its own group and
 * those above it, in version 1 (cpu.cfs_quota_us by cpu.cfs_period_us) or 2 (cpu.max).
 */
final class CpuQuota {
  private static final Splitter WORDS = Splitter.on(' ').trimResults().omitEmptyStrings();

  private final Function<Path, Optional<String>> files;

  CpuQuota(Function<Path, Optional<String>> files) {
    this.files = files;
  }

  /** Returns the quota of this process; empty where there is none, or no cgroup. */
  static OptionalDouble ofProcess() {
    return new CpuQuota(CpuQuota::read).quota();
  }

  private static Optional<String> read(Path file) {
    try {
      return Optional.of(Files.readString(file));
    } catch (IOException e) {
      return Optional.empty(); // not Linux, or a group that does not limit processors
    }
  }

  OptionalDouble quota() {
    OptionalDouble least = OptionalDouble.empty();
    for (Mount mount : mounts()) {
      for (String group : groups(mount)) {
        for (Path folder : mount.folders(group)) {
          OptionalDouble here = mount.unified() ? unified(folder) : legacy(folder);
          least = least(least, here);
        }
      }
    }
    return least;
  }

  private static OptionalDouble least(OptionalDouble one, OptionalDouble other) {
    if (one.isEmpty() || other.isEmpty()) {
      return one.isPresent() ? one : other;
    }
    return OptionalDouble.of(Math.min(one.getAsDouble(), other.getAsDouble()));
  }

  /** cpu.max: "150000 100000", or "max 100000". */
  private OptionalDouble unified(Path folder) {
    List<String> words =
        files.apply(folder.resolve("cpu.max")).map(WORDS::splitToList).orElse(ImmutableList.of());
    return words.size() == 2 ? cores(words.get(0), words.get(1)) : OptionalDouble.empty();
  }

  private OptionalDouble legacy(Path folder) {
    Optional<String> quota = files.apply(folder.resolve("cpu.cfs_quota_us"));
    Optional<String> period = files.apply(folder.resolve("cpu.cfs_period_us"));
    return quota.isPresent() && period.isPresent()
        ? cores(quota.get(), period.get())
        : OptionalDouble.empty();
  }

  /** Empty for "max" and for -1, which is no limit. */
  private static OptionalDouble cores(String quota, String period) {
    Double micros = Doubles.tryParse(quota.strip());
    Double of = Doubles.tryParse(period.strip());
    return micros == null || of == null || micros <= 0 || of <= 0
        ? OptionalDouble.empty()
        : OptionalDouble.of(micros / of);
  }

  /**
   * Where a hierarchy of groups is seen.
   *
   * @param root the group that is seen there: not the uppermost one within a container
   */
  private record Mount(boolean unified, String root, Path point) {
    /** Returns the folder of {@code group} and those above it. */
    List<Path> folders(String group) {
      String below =
          group.equals(root) || !(group + "/").startsWith(root.equals("/") ? "/" : root + "/")
              ? ""
              : group.substring(root.equals("/") ? 0 : root.length());
      ImmutableList.Builder<Path> folders = ImmutableList.builder();
      Path folder = point.resolve(below.replaceFirst("^/+", ""));
      while (folder != null && folder.startsWith(point)) {
        folders.add(folder);
        folder = folder.getParent();
      }
      return folders.build();
    }
  }

  /** Lines of mountinfo: id parent device root point options … - type source options. */
  private List<Mount> mounts() {
    ImmutableList.Builder<Mount> mounts = ImmutableList.builder();
    for (String line : lines("/proc/self/mountinfo")) {
      List<String> words = WORDS.splitToList(line);
      int dash = words.indexOf("-");
      if (dash > 4 && words.size() > dash + 3) {
        boolean unified = words.get(dash + 1).equals("cgroup2");
        boolean legacy =
            words.get(dash + 1).equals("cgroup")
                && Splitter.on(',').splitToList(words.get(dash + 3)).contains("cpu");
        if (unified || legacy) {
          mounts.add(new Mount(unified, words.get(3), Path.of(words.get(4))));
        }
      }
    }
    return mounts.build();
  }

  /** Lines of cgroup: "4:cpu,cpuacct:/group", and "0::/group" of version 2. */
  private List<String> groups(Mount mount) {
    ImmutableList.Builder<String> groups = ImmutableList.builder();
    for (String line : lines("/proc/self/cgroup")) {
      List<String> parts = Splitter.on(':').limit(3).splitToList(line);
      if (parts.size() == 3
          && (mount.unified()
              ? parts.get(1).isEmpty()
              : Splitter.on(',').splitToList(parts.get(1)).contains("cpu"))) {
        groups.add(parts.get(2));
      }
    }
    return groups.build();
  }

  private List<String> lines(String file) {
    return files.apply(Path.of(file)).map(text -> text.lines().toList()).orElse(ImmutableList.of());
  }
}
