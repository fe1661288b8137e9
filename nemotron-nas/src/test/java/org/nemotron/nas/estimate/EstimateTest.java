package org.nemotron.nas.estimate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

final class EstimateTest {
  private static final PassRate RATE = new PassRate(2e-9, 5e-9);

  private static final MachineRates RATES =
      new MachineRates(
          "amd64 2",
          1e11,
          2e11,
          1e10,
          1e5,
          ImmutableMap.copyOf(Maps.toMap(Arrays.asList(WorkKind.values()), kind -> RATE)),
          ImmutableList.of(new ServingRate(2, 6, 4, 0.5, 0.01, 1, 0)),
          9);

  private static StageEstimate stage(String name, MemoryNeed memory, long disk) {
    return new StageEstimate(
        name, 10, 100, 2, memory, disk, 0, ImmutableList.of("steps"), ImmutableList.of());
  }

  private static Estimate estimate(MachineRoom room, StageEstimate... stages) {
    return new Estimate(ImmutableList.copyOf(stages), RATES, room);
  }

  private static MemoryNeed need(long host, long device) {
    return new MemoryNeed(host, device, device, ImmutableList.of("lower this", "or that"));
  }

  @Test
  void passRate_twoDepths_separatesLayersFromHead() {
    Work shallow = new Work(WorkKind.SCORING, 1, 1e9, 3e9);
    Work deep = new Work(WorkKind.SCORING, 1, 3e9, 3e9);
    PassRate rate = PassRate.of(shallow, RATE.seconds(shallow), deep, RATE.seconds(deep));
    assertThat(rate.secondsPerLayerFlop()).isCloseTo(2e-9, within(1e-15));
    assertThat(rate.secondsPerHeadFlop()).isCloseTo(5e-9, within(1e-15));
  }

  @Test
  void passRate_deepFasterThanShallow_isOneRateForBoth() {
    Work shallow = new Work(WorkKind.SCORING, 1, 1e9, 1e9);
    Work deep = new Work(WorkKind.SCORING, 1, 3e9, 1e9);
    assertThat(PassRate.of(shallow, 5, deep, 4)).isEqualTo(new PassRate(1e-9, 1e-9));
  }

  @Test
  void seconds_severalKinds_areAdded() {
    assertThat(
            RATES.seconds(
                ImmutableList.of(
                    new Work(WorkKind.SCORING, 1, 1e9, 0),
                    new Work(WorkKind.EVALUATION, 1, 0, 1e9))))
        .isCloseTo(7, within(1e-12));
  }

  @Test
  void refusals_allFits_areNone() {
    assertThat(
            estimate(new MachineRoom(10, "cpu", 0, 10, "run"), stage("child", need(10, 0), 10))
                .refusals())
        .isEmpty();
  }

  @Test
  void refusals_gpuTooSmall_nameStageAmountAndSettings() {
    MachineRoom room = new MachineRoom(1L << 40, "cuda:0", 80_000_000_000L, 1L << 40, "run");
    assertThat(estimate(room, stage("child", need(0, 91_500_000_000L), 0)).refusals())
        .containsExactly(
            "child takes at least 91.50 GB, but cuda:0 has 80.00 GB left: 11.50 GB too little.\n"
                + "Maybe lower this; or or that.");
  }

  @Test
  void refusals_hostTooSmall_nameStageAndAmount() {
    MachineRoom room = new MachineRoom(1_000_000_000, "cpu", 0, 1L << 40, "run");
    MemoryNeed need = new MemoryNeed(2_250_000_000L, 0, 0, ImmutableList.of());
    assertThat(estimate(room, stage("library", need, 0)).refusals())
        .containsExactly(
            "library takes at least 2.25 GB, but this machine has 1.00 GB left: 1.25 GB too"
                + " little.");
  }

  @Test
  void refusals_hostTooSmallForItsRanks_nameTheShareOfEach() {
    MachineRoom room = new MachineRoom(3_000_000_000L, "cpu", 0, 1L << 40, "run", 2);
    MemoryNeed need = new MemoryNeed(2_250_000_000L, 0, 0, ImmutableList.of());
    assertThat(estimate(room, stage("library", need, 0)).refusals())
        .containsExactly(
            "library takes at least 2.25 GB, but this machine has for each of 2 ranks 1.50 GB left:"
                + " 0.75 GB too little.");
  }

  @Test
  void refusals_diskTooSmall_nameTheOutput() {
    MachineRoom room = new MachineRoom(1, "cpu", 0, 3_000_000_000L, "some/run");
    StageEstimate child = stage("child", MemoryNeed.NONE, 2_000_000_000L);
    assertThat(estimate(room, child, child.withScratch(1_000_000_000)).refusals())
        .containsExactly(
            "the run takes at least 5.00 GB, but the disk of some/run has 3.00 GB left: 2.00 GB"
                + " too little.\nMaybe name another execution.output.");
  }

  @Test
  void rates_kindMissing_isRefused() {
    assertThatThrownBy(
            () -> new MachineRates("m", 1, 1, 1, 1, ImmutableMap.of(), ImmutableList.of(), 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("passes must have a rate of CALIBRATION");
  }
}
