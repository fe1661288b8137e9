package org.nemotron.core.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class CpuQuotaTest {
  private final Map<Path, String> files = new HashMap<>();

  @CanIgnoreReturnValue
  private CpuQuotaTest file(String path, String text) {
    files.put(Path.of(path), text);
    return this;
  }

  @CanIgnoreReturnValue
  private CpuQuotaTest unified(String group) {
    return file("/proc/self/cgroup", "0::" + group + "\n")
        .file(
            "/proc/self/mountinfo",
            """
            22 1 0:20 / /proc rw,nosuid - proc proc rw
            30 22 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate
            """);
  }

  @CanIgnoreReturnValue
  private CpuQuotaTest legacy(String group, String root) {
    return file("/proc/self/cgroup", "4:memory:/other\n3:cpu,cpuacct:" + group + "\n0::/\n")
        .file(
            "/proc/self/mountinfo",
            "29 22 0:25 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
                + ("30 22 0:26 " + root + " /sys/fs/cgroup/cpu,cpuacct rw shared:9 - ")
                + "cgroup cgroup rw,cpu,cpuacct\n");
  }

  @CanIgnoreReturnValue
  private CpuQuotaTest legacyQuota(String folder, String quota, String period) {
    String at = "/sys/fs/cgroup/cpu,cpuacct" + folder;
    return file(at + "/cpu.cfs_quota_us", quota + "\n").file(at + "/cpu.cfs_period_us", period);
  }

  private OptionalDouble quota() {
    return new CpuQuota(path -> Optional.ofNullable(files.get(path))).quota();
  }

  @ParameterizedTest
  @CsvSource({
    "150000 100000, 1.5",
    "'50000 100000\n', 0.5",
    "25000 50000, 0.5",
    "400000 100000, 4",
    "1000 100000, 0.01"
  })
  void quota_version2_isTheTimeByThePeriod(String max, double cores) {
    assertThat(unified("/pod").file("/sys/fs/cgroup/pod/cpu.max", max).quota()).hasValue(cores);
  }

  @ParameterizedTest
  @CsvSource({"max 100000", "'max'", "''", "'0 100000'", "'100 0'", "'a b'"})
  void quota_version2WithoutALimit_isEmpty(String max) {
    assertThat(unified("/pod").file("/sys/fs/cgroup/pod/cpu.max", max).quota()).isEmpty();
  }

  @Test
  void quota_nestedGroups_isTheLeastOfAll() {
    unified("/slice/pod/container")
        .file("/sys/fs/cgroup/slice/cpu.max", "300000 100000")
        .file("/sys/fs/cgroup/slice/pod/cpu.max", "120000 100000")
        .file("/sys/fs/cgroup/slice/pod/container/cpu.max", "max 100000");
    assertThat(quota()).hasValue(1.2);
  }

  @ParameterizedTest
  @CsvSource({"150000, 100000, 1.5", "30000, 20000, 1.5", "200000, 100000, 2"})
  void quota_version1_isTheTimeByThePeriod(String quota, String period, double cores) {
    assertThat(legacy("/pod", "/").legacyQuota("/pod", quota, period).quota()).hasValue(cores);
  }

  @Test
  void quota_version1WithoutALimit_isEmpty() {
    assertThat(legacy("/pod", "/").legacyQuota("/pod", "-1", "100000").quota()).isEmpty();
    assertThat(legacy("/", "/").legacyQuota("", "-1", "100000").quota()).isEmpty();
  }

  @Test
  void quota_version1Nested_isTheLeastOfAll() {
    legacy("/pods/one", "/")
        .legacyQuota("/pods", "70000", "100000")
        .legacyQuota("/pods/one", "90000", "100000");
    assertThat(quota()).hasValue(0.7);
  }

  @Test
  void quota_containerThatSeesItsOwnGroupAsTheUppermost_isReadThere() {
    legacy("/docker/abc", "/docker/abc").legacyQuota("", "150000", "100000");
    assertThat(quota()).hasValue(1.5);
    legacy("/docker/abc/inner", "/docker/abc")
        .legacyQuota("", "150000", "100000")
        .legacyQuota("/inner", "50000", "100000");
    assertThat(quota()).hasValue(0.5);
  }

  @Test
  void quota_groupOutsideOfWhatIsMounted_isThatOfTheMount() {
    legacy("/docker/abcdef", "/docker/abc").legacyQuota("", "150000", "100000");
    assertThat(quota()).hasValue(1.5);
  }

  @Test
  void quota_noCgroups_isEmpty() {
    assertThat(quota()).isEmpty();
    file("/proc/self/mountinfo", "malformed\n").file("/proc/self/cgroup", "x\n\n");
    assertThat(quota()).isEmpty();
  }

  @Test
  void quota_thisProcess_isPositiveAndNotAboveItsCores() {
    assertThat(CpuThreads.quota()).isPositive().isLessThanOrEqualTo(CpuThreads.available());
  }
}
