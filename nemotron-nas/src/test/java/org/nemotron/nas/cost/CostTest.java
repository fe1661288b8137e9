package org.nemotron.nas.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import org.junit.jupiter.api.Test;
import org.nemotron.core.backend.Backends;
import org.nemotron.core.inference.InferenceBackend;
import org.nemotron.core.inference.KvPages;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.nas.SmallParent;

/** The arithmetic of costs. */
final class CostTest {
  private static final Scenario SCENARIO = new Scenario(3, 10, 6);
  private static final BlockSpec MIXED =
      new BlockSpec(new AttentionSpec.Linear(), new FfnSpec.Gated(24));

  @Test
  void memory_explicitHeadSizeAndTiedHead_equalsTheBytesAllocated() {
    ModelSpec spec = SmallParent.spec(ImmutableList.of(SmallParent.BLOCK, MIXED, BlockSpec.NO_OP));
    MemoryModel memory = new MemoryModel(DType.FLOAT32);
    try (HeterogeneousModel model = SmallParent.model(spec, 1)) {
      assertThat(memory.weightBytes(spec)).isEqualTo(model.weightBytes());
      // By hand: 2 heads of 10 elements of 4 bytes, keys and values, 3 sequences of 16 tokens.
      assertThat(memory.kvBytes(spec, SCENARIO)).isEqualTo(2L * 2 * 10 * 4 * 3 * 16);
      assertThat(memory.nonBlockBytes(spec)).isEqualTo((64L * 32 + 32) * 4);
    }
  }

  @Test
  void memory_bfloat16_equalsTheBytesAllocated() {
    ModelSpec spec = SmallParent.spec();
    MemoryModel memory = new MemoryModel(DType.BFLOAT16);
    try (HeterogeneousModel model = SmallParent.model();
        HeterogeneousModel halved = model.copy(DType.BFLOAT16)) {
      assertThat(memory.weightBytes(spec)).isEqualTo(halved.weightBytes());
    }
  }

  @Test
  void memory_float32AndWholePages_equalsTheCacheOfServing() {
    ModelSpec spec = SmallParent.spec(ImmutableList.of(SmallParent.BLOCK, MIXED, BlockSpec.NO_OP));
    Scenario twoPages = new Scenario(3, KvPages.PAGE_TOKENS, KvPages.PAGE_TOKENS);
    assertThat(new MemoryModel(DType.FLOAT32).kvBytes(spec, twoPages))
        .isEqualTo(3 * 2 * pageBytes(spec));
  }

  @Test
  void memoryFormat_serving_isWhatServesOnTheDevice() {
    ModelSpec spec = SmallParent.spec();
    MemoryModel onCpu = MemoryFormat.SERVING.on(Device.CPU);
    Scenario twoPages = new Scenario(3, KvPages.PAGE_TOKENS, KvPages.PAGE_TOKENS);
    assertThat(onCpu.kvBytes(spec, twoPages)).isEqualTo(3 * 2 * pageBytes(spec));
    assertThat(onCpu.weightBytes(spec)).isEqualTo(2 * spec.parameters());
    assertThat(onCpu.inWords()).isEqualTo("weights float16, KV cache float32");
    assertThat(MemoryFormat.SERVING.on(new Device("cuda", 0)))
        .isEqualTo(new MemoryModel(DType.BFLOAT16));
    assertThat(MemoryFormat.FLOAT16.on(Device.CPU)).isEqualTo(new MemoryModel(DType.FLOAT16));
    assertThat(MemoryFormat.BFLOAT16.on(Device.CPU)).isEqualTo(new MemoryModel(DType.BFLOAT16));
    assertThat(MemoryFormat.FLOAT32.on(Device.CPU)).isEqualTo(new MemoryModel(DType.FLOAT32));
  }

  @Test
  void memoryFormat_eightBits_countsTheLayersAndTheCacheAsBytes() {
    ModelSpec spec = SmallParent.spec();
    MemoryModel memory = MemoryFormat.FLOAT8_E4M3.on(new Device("cuda", 0));
    Scenario twoPages = new Scenario(3, KvPages.PAGE_TOKENS, KvPages.PAGE_TOKENS);
    assertThat(memory.kvBytes(spec, twoPages)).isEqualTo(3 * 2 * pageBytes(spec) / Float.BYTES);
    assertThat(memory.nonBlockBytes(spec)).isEqualTo(2 * spec.nonBlockParameters());
    assertThat(memory.weightBytes(spec)).isEqualTo(spec.parameters() + spec.nonBlockParameters());
    assertThat(memory.inWords()).isEqualTo("weights float8_e4m3fn, KV cache float8_e4m3fn");
  }

  @Test
  void scenario_threeRequests_countsTokensAndSteps() {
    assertThat(SCENARIO.sequenceTokens()).isEqualTo(16);
    assertThat(SCENARIO.generatedTokens()).isEqualTo(18);
    assertThat(SCENARIO.decodeSteps()).isEqualTo(5);
    // The five decode steps find 10, 11, 12, 13 and 14 tokens.
    assertThat(SCENARIO.meanContextTokens()).isEqualTo(12);
    assertThat(SCENARIO.tokensPerSecond(9e9)).isEqualTo(2);
    assertThat(SCENARIO.latencyNanos(2)).isEqualTo(9e9);
  }

  @Test
  void scenario_oneTokenOut_isPrefillAlone() {
    Scenario prefill = new Scenario(2, 10, 1);
    assertThat(prefill.decodeSteps()).isZero();
    assertThat(prefill.meanContextTokens()).isEqualTo(10);
    assertThat(new Latency(7, 100, 0, 0).scenarioNanos(prefill)).isEqualTo(7);
  }

  @Test
  void scenario_noPrompt_isRefusedByName() {
    assertThatThrownBy(() -> new Scenario(1, 0, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("promptTokens (0) must be positive");
  }

  private static CostTable table() {
    return new CostTable(
        SCENARIO,
        new MemoryModel(DType.FLOAT32),
        ImmutableMap.of(
            SmallParent.ATTENTION,
            new Latency(100, 10, 3, 0),
            new AttentionSpec.Linear(),
            new Latency(50, 5, 0, 0)),
        ImmutableMap.of(
            SmallParent.FFN,
            new Latency(200, 20, 4, 0),
            new FfnSpec.Gated(24),
            new Latency(120, 12, 0, 0)),
        new Latency(30, 3, 0, 0));
  }

  @Test
  void table_model_isTheSumOfItsBlocksAndTheRest() {
    ModelSpec spec = SmallParent.spec(ImmutableList.of(SmallParent.BLOCK, MIXED, BlockSpec.NO_OP));
    CostTable table = table();
    Latency whole = table.latency(spec);
    assertThat(whole.prefillNanos()).isEqualTo(100 + 200 + 50 + 120 + 30);
    assertThat(whole.decodeNanos()).isEqualTo(10 + 20 + 5 + 12 + 3);
    assertThat(whole.prefillSpread()).isEqualTo(5);
    double nanos = 500 + 5 * 50;
    assertThat(table.tokensPerSecond(spec)).isEqualTo(18 / (nanos / 1e9));
  }

  @Test
  void table_costsOfBlocksAndRest_addUpToTheModel() {
    ModelSpec spec = SmallParent.spec(ImmutableList.of(SmallParent.BLOCK, MIXED, BlockSpec.NO_OP));
    CostTable table = table();
    ImmutableMap<String, Double> fixed = table.fixedCosts(spec);
    for (String cost : fixed.keySet()) {
      double sum = at(fixed, cost);
      for (BlockSpec block : spec.blocks()) {
        sum += at(table.costs(block, spec.width()), cost);
      }
      assertThat(sum).as(cost).isEqualTo(whole(table, spec, cost));
    }
    assertThat(table.costs(spec).keySet()).isEqualTo(fixed.keySet());
    table.costs(spec).forEach((cost, sum) -> assertThat(sum).isEqualTo(whole(table, spec, cost)));
  }

  @Test
  void table_ownCosts_areACostLikeTheOthers() {
    OwnCosts joules =
        new OwnCosts(
            "joules",
            "a meter",
            0.5,
            ImmutableMap.of(
                "attention.kv2", 4.0, "attention.linear", 1.0, "ffn.w48", 8.0, "ffn.w24", 2.0));
    CostTable table = table().with(joules);
    ModelSpec spec = SmallParent.spec(ImmutableList.of(SmallParent.BLOCK, MIXED, BlockSpec.NO_OP));
    assertThat(table.costs(spec)).containsEntry("joules", 4 + 8 + 1 + 2 + 0.5);
    assertThat(table.costs(MIXED, spec.width())).containsEntry("joules", 3.0);
    assertThat(table.fixedCosts(spec)).containsEntry("joules", 0.5);
    assertThat(table.withMemory(new MemoryModel(DType.FLOAT16)).own()).containsKey("joules");
  }

  @Test
  void ownCosts_notFiniteNegativeOrIncomplete_areRefusedByName() {
    assertThatThrownBy(() -> new OwnCosts("j", "", 0, ImmutableMap.of("ffn.w48", Double.NaN)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("own costs j: ffn.w48 (NaN) must be finite and not negative");
    assertThatThrownBy(() -> new OwnCosts("j", "", -1, ImmutableMap.of()))
        .hasMessage("own costs j: nonBlock (-1.0) must be finite and not negative");
    assertThatThrownBy(
            () -> table().with(new OwnCosts("j", "", 0, ImmutableMap.of("attention.kv2", 1.0))))
        .hasMessage("own costs j: attention.linear has none.\nMaybe add it to the costs.");
  }

  private static double at(ImmutableMap<String, Double> costs, String name) {
    return costs.getOrDefault(name, Double.NaN);
  }

  private static double whole(CostTable table, ModelSpec spec, String cost) {
    MemoryModel memory = table.memory();
    return switch (cost) {
      case CostTable.MEMORY_BYTES -> memory.weightBytes(spec) + memory.kvBytes(spec, SCENARIO);
      case CostTable.LATENCY_NANOS -> table.latency(spec).scenarioNanos(SCENARIO);
      case CostTable.PREFILL_NANOS -> table.latency(spec).prefillNanos();
      case CostTable.PARAMETERS -> spec.parameters();
      default -> throw new AssertionError("no test knows " + cost);
    };
  }

  @Test
  void table_subBlockThatWasNotMeasured_isNamed() {
    assertThatThrownBy(() -> table().latency(new FfnSpec.Gated(20)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("FFN w20 was not measured");
    assertThatThrownBy(() -> table().latency(new AttentionSpec.GroupedQuery(4, 1, 10)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("attention kv1 was not measured");
  }

  private static long pageBytes(ModelSpec spec) {
    try (InferenceBackend device = Backends.of(Device.CPU, 1)) {
      return device.bytesPerPage(spec);
    }
  }
}
