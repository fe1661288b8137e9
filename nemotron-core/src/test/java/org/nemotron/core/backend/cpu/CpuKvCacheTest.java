package org.nemotron.core.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.primitives.ImmutableIntArray;
import org.junit.jupiter.api.Test;
import org.nemotron.core.backend.parallel.RankShare;
import org.nemotron.core.inference.KvPages;
import org.nemotron.core.inference.SequenceChunk;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.testing.TestModels;

final class CpuKvCacheTest {
  @Test
  void new_layersThatDiffer_reservesTheBytesOfItsPages() {
    ModelSpec spec = TestModels.mixed();
    try (CpuKvCache memory = new CpuKvCache(RankShare.whole(spec), 3)) {
      long floats = 0;
      for (int layer : new int[] {0, 2, 4}) {
        floats += memory.layer(layer).keys().capacity() + memory.layer(layer).values().capacity();
      }
      assertThat(4 * floats).isEqualTo(3 * CpuKvCache.bytesPerPage(RankShare.whole(spec)));
      // Keys and values of 2, 1 and 4 heads of 10 elements of 4 bytes.
      assertThat(CpuKvCache.bytesPerPage(RankShare.whole(spec)))
          .isEqualTo(2L * (2 + 1 + 4) * 10 * 4 * 64);
      assertThat(memory.pages()).isEqualTo(3);
    }
  }

  @Test
  void close_twice_isPossible() {
    CpuKvCache memory = new CpuKvCache(RankShare.whole(TestModels.mixed()), 1);
    memory.close();
    assertThatCode(memory::close).doesNotThrowAnyException();
  }

  @Test
  void new_noPage_isRefused() {
    assertThatThrownBy(() -> new CpuKvCache(RankShare.whole(TestModels.mixed()), 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("pages (0) must be positive");
  }

  @Test
  void pagesFor_anyNumberOfTokens_isTheLeastThatHoldsThem() {
    assertThat(KvPages.pagesFor(0)).isZero();
    assertThat(KvPages.pagesFor(1)).isEqualTo(1);
    assertThat(KvPages.pagesFor(64)).isEqualTo(1);
    assertThat(KvPages.pagesFor(65)).isEqualTo(2);
    assertThat(KvPages.pagesFor(Integer.MAX_VALUE)).isEqualTo(1 << 25);
  }

  private static void assertRefused(int pages, int start, int tokens, String message) {
    ImmutableIntArray ids = ImmutableIntArray.copyOf(new int[tokens]);
    assertThatThrownBy(
            () ->
                new SequenceChunk(
                    ServedModel.pages(0, pages), start, ids, SequenceChunk.LAST_LOGITS))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  @Test
  void span_thatCannotBe_isRefused() {
    assertRefused(1, 0, 0, "a chunk must have a token");
    assertRefused(1, -1, 1, "start (-1) must not be negative");
    assertRefused(1, 64, 1, "1 pages are too few for 65 tokens");
    assertRefused(2, 32, 2, "start (32) must be a multiple of 64 for a chunk of 2 tokens");
    assertRefused(1, Integer.MAX_VALUE, 1, "start (2147483647) leaves no room for 1 tokens");
  }
}
