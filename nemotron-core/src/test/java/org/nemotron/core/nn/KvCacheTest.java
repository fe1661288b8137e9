package org.nemotron.core.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

final class KvCacheTest {
  private NativeScope scope;

  @BeforeEach
  void openScope() {
    CpuThreads.perOperation(1);
    scope = NativeScope.open();
  }

  @AfterEach
  void closeScope() {
    scope.close();
  }

  @Test
  void bytes_layersThatDiffer_equalTheArithmeticOfTheSpec() {
    ModelSpec spec = SmallModels.mixed();
    try (KvCache cache = new KvCache(spec, 3, 50, DType.BFLOAT16, Device.CPU)) {
      // Keys and values of 2, 1 and 4 heads of 10 elements of 2 bytes, for 3 sequences of 50.
      assertThat(cache.bytes()).isEqualTo(2L * (2 + 1 + 4) * 10 * 2 * 3 * 50);
      assertThat(cache.bytes()).isEqualTo(spec.kvBytesPerToken(2) * 3 * 50);
    }
  }

  @Test
  void new_beyondTheLongestContext_namesBoth() {
    assertThatThrownBy(() -> new KvCache(SmallModels.mixed(), 1, 4097, DType.FLOAT32, Device.CPU))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "a cache for 4097 tokens must be positive and at most max_position_embeddings (4096)");
  }

  @Test
  void step_cacheFull_saysHowMuchItHolds() {
    try (HeterogeneousModel model = SmallModels.model(SmallModels.mixed(), 1);
        KvCache cache = model.newCache(1, 4)) {
      Tensor first = model.step(Tensors.of(SmallModels.ids(3, 1), 1, 3), cache);
      assertThat(first.size(1)).isEqualTo(SmallModels.VOCABULARY);
      Tensor tooMany = Tensors.of(SmallModels.ids(2, 1), 1, 2);
      assertThatThrownBy(() -> model.step(tooMany, cache))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("the KV cache holds 3 of 4 tokens; 2 more do not fit");
    }
  }
}
