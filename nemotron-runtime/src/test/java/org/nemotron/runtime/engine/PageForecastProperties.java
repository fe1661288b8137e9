package org.nemotron.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.nemotron.runtime.cache.PagePool;
import org.nemotron.runtime.engine.PageForecast.Growth;

final class PageForecastProperties {
  private static final int PAGE_TOKENS = 4;

  /** A request that has pages for its context, and no more. */
  private static Growth growth(int context, int more) {
    return new Growth(context, more, (context + PAGE_TOKENS - 1) / PAGE_TOKENS, 0);
  }

  @Provide
  Arbitrary<List<Growth>> requests() {
    return Combinators.combine(
            Arbitraries.integers().between(1, 30), Arbitraries.integers().between(0, 30))
        .as(PageForecastProperties::growth)
        .list()
        .ofMinSize(1)
        .ofMaxSize(6);
  }

  /** Reserves the pages of all but the last, and returns whether that one is expected to fit. */
  private static boolean foreseen(List<Growth> requests, int pages) {
    PagePool pool = new PagePool(pages, PAGE_TOKENS);
    List<Growth> running = new ArrayList<>(requests);
    Growth next = running.remove(running.size() - 1);
    for (Growth one : running) {
      assertThat(pool.tryReserve(ImmutableIntArray.of(1), (int) one.context() - 1)).isPresent();
    }
    return PageForecast.fits(pool, running, next);
  }

  /** Steps until all have ended; returns the most pages that were held at a time. */
  private static long mostHeld(List<Growth> requests) {
    long most = 0;
    for (int step = 0; step <= 30; step++) {
      long held = 0;
      for (Growth one : requests) {
        if (one.more() >= step) {
          held += (one.context() + step + PAGE_TOKENS - 1) / PAGE_TOKENS;
        }
      }
      most = Math.max(most, held);
    }
    return most;
  }

  @Property
  void fitsIfAndOnlyIfEveryStepDoes(
      @ForAll("requests") List<Growth> requests, @ForAll @IntRange(max = 20) int spare) {
    int running =
        requests.subList(0, requests.size() - 1).stream().mapToInt(one -> (int) one.held()).sum();
    int pages = Math.max(1, running + spare);
    assertThat(foreseen(requests, pages)).isEqualTo(mostHeld(requests) <= pages);
  }

  @Property
  void sharedPagesCountOnce(@ForAll @IntRange(min = 1, max = 20) int more) {
    ImmutableIntArray prompt = ImmutableIntArray.of(1, 2, 3, 4, 5);
    PagePool pool = new PagePool(2 + (5 + more + PAGE_TOKENS - 1) / PAGE_TOKENS, PAGE_TOKENS);
    pool.tryReserve(prompt, 0).orElseThrow().append(prompt);
    assertThat(pool.heldOf(prompt, "")).isEqualTo(1);
    Growth first = new Growth(5, 0, 2, 0);
    Growth alike = new Growth(5, more, 2, 1);
    Growth other = new Growth(5, more, 2, 0);
    // The first ends before the second needs all; until then both hold five tokens.
    assertThat(PageForecast.fits(pool, ImmutableList.of(first), alike)).isTrue();
    assertThat(PageForecast.fits(new PagePool(3, PAGE_TOKENS), ImmutableList.of(), other))
        .isEqualTo(5 + more <= 3 * PAGE_TOKENS);
  }
}
