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
  void fittingSequences_lessMemory_areFewerBesideAllGradients() {
    long window = 10;
    long gradients = 2 * CHILD.parameters();
    assertThat(GraphMemory.fittingSequences(CHILD, 8, window, passBytes(8))).isEqualTo(8);
    assertThat(GraphMemory.fittingSequences(CHILD, 8, window, gradients + passBytes(3)))
        .isEqualTo(3);
    assertThat(GraphMemory.fittingSequences(CHILD, 8, window, 0)).isEqualTo(1);
  }

  /** Four hidden states, the graph of a block; three times logits of 64 tokens, and the head. */
  private static long passBytes(long sequences) {
    return 10 * sequences * (2 * 4 * 32 + OF_BLOCK) + 2 * (3 * 10 * sequences * 64 + 64 * 32);
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
