package org.nemotron.nas.distill;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import org.junit.jupiter.api.Test;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.nas.SmallParent;

final class GraphMemoryTest {
  private static final BlockSpec CHEAP =
      new BlockSpec(new AttentionSpec.NoOp(), new FfnSpec.Linear());
  private static final ModelSpec CHILD =
      SmallParent.spec(ImmutableList.of(SmallParent.BLOCK, CHEAP, SmallParent.BLOCK));

  /** A norm each; 4 + 2 * 2 heads of 10; 48 channels. */
  private static final long OF_BLOCK = 2 * 4 * 32 + 8 * 8 * 10 + 8 * 48;

  private static final long OF_CHEAP = 4 * 32;

  @Test
  void bytesPerToken_eachKind_countsWhatItKeeps() {
    assertThat(GraphMemory.bytesPerToken(CHILD, SmallParent.BLOCK)).isEqualTo(OF_BLOCK);
    assertThat(GraphMemory.bytesPerToken(CHILD, CHEAP)).isEqualTo(OF_CHEAP);
    assertThat(GraphMemory.bytesPerToken(CHILD, BlockSpec.NO_OP)).isZero();
  }

  @Test
  void fitting_lessMemory_computesMoreOfTheFirstLayersAgain() {
    long tokens = 10;
    long all = tokens * (2 * OF_BLOCK + OF_CHEAP);
    assertThat(GraphMemory.fitting(CHILD, tokens, all)).isZero();
    assertThat(GraphMemory.fitting(CHILD, tokens, all - 1)).isEqualTo(1);
    assertThat(GraphMemory.fitting(CHILD, tokens, tokens * OF_BLOCK)).isEqualTo(2);
    assertThat(GraphMemory.fitting(CHILD, tokens, tokens * OF_BLOCK - 1)).isEqualTo(3);
  }
}
