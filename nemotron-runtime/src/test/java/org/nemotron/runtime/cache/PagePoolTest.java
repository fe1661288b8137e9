package org.nemotron.runtime.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.primitives.ImmutableIntArray;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class PagePoolTest {
  private final PagePool pool = new PagePool(8, 4);

  @Test
  void tryReserve_emptyPool_takesPagesForPromptAndAnswer() {
    PagedSequence sequence = pool.tryReserve(tokens(5), 4).orElseThrow();
    assertThat(sequence.pages()).isEqualTo(ImmutableIntArray.of(0, 1, 2));
    assertThat(sequence.capacity()).isEqualTo(12);
    assertThat(sequence.length()).isZero();
    assertThat(pool.used()).isEqualTo(3);
    assertThat(pool.free()).isEqualTo(5);
  }

  @Test
  void tryReserve_noRoomNow_changesNothing() {
    PagedSequence first = pool.tryReserve(tokens(20), 0).orElseThrow();
    assertThat(pool.tryReserve(tokens(13), 0)).isEmpty();
    assertThat(pool.free()).isEqualTo(3);
    first.release();
    assertThat(pool.tryReserve(tokens(13), 0)).isPresent();
  }

  @Test
  void tryReserve_neverFits_saysWhy() {
    assertThat(pool.canEverFit(32)).isTrue();
    assertThat(pool.canEverFit(33)).isFalse();
    assertThatThrownBy(() -> pool.tryReserve(tokens(30), 3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "a prompt of 30 tokens and 3 new ones take 9 pages, but the cache has 8 of 4 tokens.\n"
                + "Maybe give the cache more memory, or ask for fewer new tokens.");
  }

  @Test
  void tryReserve_emptyPrompt_isRefused() {
    assertThatThrownBy(() -> pool.tryReserve(ImmutableIntArray.of(), 3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a prompt must have a token");
  }

  @Test
  void tryReserve_samePromptAgain_sharesItsFullPagesButNotTheLastToken() {
    PagedSequence first = pool.tryReserve(tokens(8), 4).orElseThrow();
    first.append(tokens(8));
    PagedSequence second = pool.tryReserve(tokens(8), 4).orElseThrow();
    assertThat(second.sharedTokens()).isEqualTo(4);
    assertThat(second.length()).isEqualTo(4);
    assertThat(second.pages().get(0)).isEqualTo(first.pages().get(0));
    assertThat(pool.used()).isEqualTo(5);
  }

  @Test
  void tryReserve_pageNotYetWritten_isNotShared() {
    PagedSequence first = pool.tryReserve(tokens(8), 0).orElseThrow();
    first.append(tokens(3));
    assertThat(pool.tryReserve(tokens(8), 0).orElseThrow().sharedTokens()).isZero();
  }

  @Test
  void release_writtenPages_stayForLaterUntilNeeded() {
    PagedSequence first = pool.tryReserve(tokens(9), 0).orElseThrow();
    first.append(tokens(9));
    first.release();
    assertThat(pool.used()).isZero();
    assertThat(pool.cached()).isEqualTo(2);
    PagedSequence large = pool.tryReserve(ImmutableIntArray.of(99), 27).orElseThrow();
    assertThat(pool.cached()).isEqualTo(1);
    large.release();
    PagedSequence again = pool.tryReserve(tokens(9), 0).orElseThrow();
    assertThat(again.sharedTokens()).isEqualTo(4);
  }

  @Test
  void release_twice_isRefused() {
    PagedSequence sequence = pool.tryReserve(tokens(1), 0).orElseThrow();
    sequence.release();
    assertThatThrownBy(sequence::release)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the pages have been released");
    assertThatThrownBy(() -> sequence.append(1))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the pages have been released");
  }

  @Test
  void append_beyondTheReservation_isRefused() {
    PagedSequence sequence = pool.tryReserve(tokens(4), 0).orElseThrow();
    sequence.append(tokens(3));
    assertThatThrownBy(() -> sequence.append(tokens(2)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("2 more tokens must fit behind 3 of 4");
  }

  @Test
  void runs_freePagesApart_areAsLongAsPossible() {
    PagedSequence a = pool.tryReserve(ImmutableIntArray.of(1), 7).orElseThrow();
    PagedSequence b = pool.tryReserve(ImmutableIntArray.of(2), 3).orElseThrow();
    PagedSequence c = pool.tryReserve(ImmutableIntArray.of(3), 11).orElseThrow();
    a.release();
    PagedSequence fits = pool.tryReserve(ImmutableIntArray.of(4), 7).orElseThrow();
    assertThat(fits.runs())
        .containsExactly(new PageRun(0, 2)); // not the two behind c: equal, later
    fits.release();
    PagedSequence split = pool.tryReserve(ImmutableIntArray.of(5), 15).orElseThrow();
    assertThat(split.isContiguous()).isFalse();
    assertThat(split.runs()).containsExactly(new PageRun(0, 2), new PageRun(6, 2));
    assertThat(split.slot(9)).isEqualTo(25);
    assertThat(b.isContiguous() && c.isContiguous()).isTrue();
  }

  @Test
  void new_tooManyTokens_isRefused() {
    assertThatThrownBy(() -> new PagePool(1 << 20, 1 << 12))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("1048576 pages of 4096 tokens must not have more than 2147483647 tokens");
  }

  private static ImmutableIntArray tokens(int count) {
    return ImmutableIntArray.copyOf(IntStream.range(0, count));
  }
}
