package org.nemotron.core.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.nemotron.core.backend.parallel.RankShare;
import org.nemotron.core.inference.ModelFormat;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.parallel.SlicePlan;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.testing.ModelSpecBuilder;

final class WeightRoomTest {
  /**
   * 8-bit or not: 2 * 1000 * 64 + 64 outside; 16,384 of attention, 13,824 of the FFN, 128 norms.
   */
  private static final ModelSpec SPEC =
      new ModelSpecBuilder()
          .vocabularySize(1000)
          .width(64)
          .heads(4, 16)
          .tied(false)
          .blocks(new BlockSpec(new AttentionSpec.GroupedQuery(4, 4, 16), new FfnSpec.Gated(72)))
          .build();

  private static final long OUTSIDE = 2 * 1000 * 64 + 64;
  private static final long LAYER = 4 * 64 * 64 + 3 * 64 * 72 + 128;

  @Test
  void bytes_eachFormat_countsWhatStaysBfloat16Apart() {
    assertThat(new WeightRoom(RankShare.whole(SPEC), WeightFormat.BFLOAT16).bytes())
        .isEqualTo(2 * OUTSIDE + 2 * LAYER);
    assertThat(new WeightRoom(RankShare.whole(SPEC), WeightFormat.FLOAT8_E4M3).bytes())
        .isEqualTo(2 * OUTSIDE + LAYER);
    ModelFormat both = new ModelFormat(WeightFormat.FLOAT8_E4M3, WeightFormat.FLOAT8_E4M3);
    assertThat(new WeightRoom(RankShare.whole(SPEC), both).bytes())
        .isEqualTo(2 * OUTSIDE - 1000 * 64 + LAYER);
  }

  @Test
  void bytes_headOfEightBitsOnARank_countsItsRowsOfTheHead() {
    ModelFormat head = new ModelFormat(WeightFormat.BFLOAT16, WeightFormat.FLOAT8_E4M3);
    SlicePlan plan = new SlicePlan(SPEC, 2);
    long layer = 2 * 64 * 64 + 3 * 64 * 36 + 128;
    for (int rank = 0; rank < 2; rank++) {
      assertThat(new WeightRoom(new RankShare(plan, rank), head).bytes())
          .isEqualTo(2 * (1000 * 64 + 64) + 500 * 64 + 2 * layer);
    }
  }

  @Test
  void shortage_enough_isNone() {
    WeightRoom room = new WeightRoom(RankShare.whole(SPEC), WeightFormat.BFLOAT16);
    assertThat(room.shortage("cuda:0", room.bytes())).isEmpty();
  }

  @Test
  void shortage_eightBitsWouldFit_namesTheFormat() {
    WeightRoom room = new WeightRoom(RankShare.whole(SPEC), WeightFormat.BFLOAT16);
    assertThat(room.shortage("cuda:0", room.bytes() - LAYER))
        .hasValue(
            "cuda:0: 0.00 GB of weights in BFLOAT16 are 0.00 GB (30336 bytes) more than its memory"
                + " of 0.00 GB.\nMaybe hold them as FLOAT8_E4M3, which takes 0.00 GB.");
  }

  @Test
  void shortage_nothingFits_namesMemory() {
    WeightRoom room = new WeightRoom(RankShare.whole(SPEC), WeightFormat.FLOAT8_E4M3);
    assertThat(room.shortage("cuda:0", room.bytes() - 1))
        .hasValue(
            "cuda:0: 0.00 GB of weights in FLOAT8_E4M3 are 0.00 GB (1 bytes) more than its memory"
                + " of 0.00 GB.\nMaybe take a GPU with more memory.");
  }
}
