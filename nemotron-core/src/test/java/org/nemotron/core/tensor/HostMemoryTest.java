package org.nemotron.core.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

final class HostMemoryTest {
  private static final long GIB = 1L << 30;

  @Test
  void availableBytes_linesOfLinux_areReadInKibibytes() {
    List<String> lines =
        List.of("MemTotal:       24045696 kB", "MemFree:  100 kB", "MemAvailable:   12000000 kB");
    assertThat(HostMemory.availableBytes(lines)).isEqualTo(12_000_000L * 1024);
  }

  @Test
  void availableBytes_lineMissing_isWhatTheHeapMayGrowBy() {
    assertThat(HostMemory.availableBytes(List.of("MemTotal: 24045696 kB")))
        .isBetween(1L, Runtime.getRuntime().maxMemory());
  }

  @Test
  void availableBytes_thisMachine_isPositive() {
    assertThat(HostMemory.availableBytes()).isPositive();
  }

  @Test
  void fault_beyondJavaCppsLimit_namesThePropertyAndAValueThatIsEnough() {
    HostMemory.Room room = new HostMemory.Room(GIB / 4, GIB / 8, GIB / 8, 100 * GIB);
    assertThat(room.fault("an engine", GIB / 4, GIB / 4, ""))
        .contains(
            "an engine may take 0.50 GiB, and the Java heap and compiled code 0.25 more in time,"
                + " but of the 0.25 GiB that JavaCPP lets this process have (four times the Java"
                + " heap, unless org.bytedeco.javacpp.maxPhysicalBytes is set) 0.13 are in use.\n"
                + "Maybe start Java with -Dorg.bytedeco.javacpp.maxPhysicalBytes=2g, or 0 for no"
                + " limit.");
  }

  @Test
  void fault_withinTheLimit_isNone() {
    HostMemory.Room room = new HostMemory.Room(GIB + GIB / 8, GIB / 2, 0, GIB);
    assertThat(room.fault("an engine", GIB / 4, GIB / 4, "")).isEmpty();
  }

  /** An engine that is opened must not end by the limit when the process has grown. */
  @Test
  void fault_onlyWithoutWhatTheProcessGrowsBy_isRefused() {
    HostMemory.Room tight = new HostMemory.Room(GIB + GIB / 8 - 1, GIB / 2, 0, GIB);
    assertThat(tight.fault("an engine", GIB / 4, GIB / 4, "")).isPresent();
    HostMemory.Room smallHeap = new HostMemory.Room(2 * GIB, GIB / 2, GIB, GIB);
    assertThat(smallHeap.fault("an engine", GIB / 4, GIB / 4, "")).isPresent();
  }

  @Test
  void fault_moreThanTheMachineHas_saysSoWithoutALimit() {
    HostMemory.Room room = new HostMemory.Room(0, GIB, 0, 2 * GIB);
    assertThat(room.fault("a model", 3 * GIB, 0, ""))
        .contains(
            "a model takes 3.00 GiB, but this machine has 2.00 GiB left.\n"
                + "Maybe end other programs, or take a smaller model.");
    assertThat(room.fault("a model", 2 * GIB, 9 * GIB, "")).isEmpty();
  }

  @Test
  void modestShare_littleLeft_isHalfOfItButNotLessThanTheLeast() {
    HostMemory.Room large = new HostMemory.Room(8 * GIB, GIB, 0, 8 * GIB);
    assertThat(large.modestShare(GIB, GIB / 16)).isEqualTo(GIB);
    HostMemory.Room small = new HostMemory.Room(GIB + GIB / 8, GIB / 4, GIB / 4, 8 * GIB);
    assertThat(small.modestShare(GIB, GIB / 16)).isEqualTo(GIB / 4);
    HostMemory.Room full = new HostMemory.Room(GIB / 4, GIB / 4, GIB / 4, 8 * GIB);
    assertThat(full.modestShare(GIB, GIB / 16)).isEqualTo(GIB / 16);
    HostMemory.Room unlimited = new HostMemory.Room(0, GIB, GIB, 8 * GIB);
    assertThat(unlimited.modestShare(GIB, GIB / 16)).isEqualTo(GIB);
  }

  @Test
  void explaining_moreThanAnyMachineHas_isASentence() {
    assertThatThrownBy(() -> Tensors.zeros(Device.CPU, DType.FLOAT32, 1L << 50))
        .isInstanceOfSatisfying(
            RuntimeException.class,
            fault ->
                assertThat(HostMemory.explaining(fault, "an engine", "ask for less"))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(
                        "an engine takes more memory than this machine gives.\n"
                            + "Maybe ask for less."));
    RuntimeException other = new IllegalStateException("of a test");
    assertThat(HostMemory.explaining(other, "an engine", "ask for less")).isSameAs(other);
  }
}
