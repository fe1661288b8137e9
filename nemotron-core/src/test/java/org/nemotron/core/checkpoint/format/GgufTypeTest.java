package org.nemotron.core.checkpoint.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import org.junit.jupiter.api.Test;

final class GgufTypeTest {
  @Test
  void parse_nameInAnyCase_isTheType() {
    assertThat(GgufType.parse("q8_0")).isEqualTo(GgufType.Q8_0);
    assertThat(GgufType.parse("Bf16")).isEqualTo(GgufType.BF16);
    assertThatThrownBy(() -> GgufType.parse("q5_k"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("GGUF type (q5_k) must be one of f32, f16, bf16, q8_0, q4_0");
  }

  @Test
  void ofCode_codesOfTheFormat_areKnown() {
    assertThat(GgufType.ofCode(0)).contains(GgufType.F32);
    assertThat(GgufType.ofCode(1)).contains(GgufType.F16);
    assertThat(GgufType.ofCode(2)).contains(GgufType.Q4_0);
    assertThat(GgufType.ofCode(8)).contains(GgufType.Q8_0);
    assertThat(GgufType.ofCode(30)).contains(GgufType.BF16);
    assertThat(GgufType.ofCode(14)).contains(GgufType.Q6_K);
    assertThat(GgufType.ofCode(4)).isEmpty();
    assertThat(GgufType.ofCode(1L << 32)).isEmpty();
  }

  @Test
  void fileCode_typeThatIsOnlyRead_hasNone() {
    assertThat(GgufType.Q8_0.fileCode()).isEqualTo(7);
    assertThat(GgufType.Q6_K.isWritten()).isFalse();
    assertThatThrownBy(GgufType.Q6_K::fileCode)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("files of type Q6_K are not written");
  }

  @Test
  void bytes_wholeBlocks_areCounted() {
    assertThat(GgufType.Q8_0.bytes(ImmutableList.of(3L, 64L))).isEqualTo(3 * 2 * 34);
    assertThat(GgufType.Q4_0.bytes(ImmutableList.of(32L))).isEqualTo(18);
    assertThat(GgufType.F16.bytes(ImmutableList.of(3L, 5L))).isEqualTo(30);
    assertThat(GgufType.F32.bytes(ImmutableList.of())).isEqualTo(4);
    assertThat(GgufType.Q4_K.bytes(ImmutableList.of(2L, 512L))).isEqualTo(4 * 144);
    assertThat(GgufType.Q8_0.isQuantized()).isTrue();
    assertThat(GgufType.BF16.isQuantized()).isFalse();
    assertThatThrownBy(() -> GgufType.Q4_0.bytes(ImmutableList.of(32L, 33L)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("rows of 33 elements cannot be stored as Q4_0");
  }
}
