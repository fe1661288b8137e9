package org.nemotron.core.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

final class CoreLeasesProperties {
  private long now = 1;

  /** A party and what it is leased. */
  private static final class Asking {
    private final CoreLeases.Party party;
    private int leased;

    Asking(CoreLeases.Party party) {
      this.party = party;
    }
  }

  private List<Asking> parties(CoreLeases leases, int count) {
    return IntStream.range(0, count).mapToObj(unused -> new Asking(leases.join())).toList();
  }

  /** Each number is a party's next move: it asks for so many cores, or gives back what it has. */
  @Property(tries = 300)
  void leasesAreNeverMoreThanTheCoresButForOneThreadOfEachParty(
      @ForAll @IntRange(min = 1, max = 9) int cores,
      @ForAll @IntRange(min = 1, max = 6) int count,
      @ForAll @Size(max = 60) List<@IntRange(min = 0, max = 1000) Integer> moves) {
    CoreLeases leases = new CoreLeases(cores, () -> now);
    List<Asking> parties = parties(leases, count);
    for (int move : moves) {
      now += 100_000L * (move % 7);
      Asking asking = parties.get(move % count);
      if (asking.leased > 0) {
        asking.party.end();
        asking.leased = 0;
      } else {
        int most = 1 + move / count % 10;
        asking.leased = asking.party.begin(most);
        assertThat(asking.leased).isBetween(1, most);
        assertThat(leases.leased()).isLessThanOrEqualTo(asking.leased > 1 ? cores : cores + count);
      }
      // The thread that asks computes in any case: only these may be beyond the cores.
      int sum = parties.stream().mapToInt(one -> one.leased).sum();
      int atWork = (int) parties.stream().filter(one -> one.leased > 0).count();
      assertThat(sum)
          .isEqualTo(leases.leased())
          .isLessThanOrEqualTo(Math.max(cores, cores + atWork - 1));
    }
  }

  @Property(tries = 100)
  void onePartyAloneHasAllThatItWants(
      @ForAll @IntRange(min = 1, max = 64) int cores,
      @ForAll @IntRange(min = 1, max = 64) int most) {
    CoreLeases leases = new CoreLeases(cores, () -> now);
    try (CoreLeases.Party party = leases.join()) {
      assertThat(party.begin(most)).isEqualTo(Math.min(cores, most));
      party.end();
    }
    assertThat(leases.leased()).isZero();
  }

  @Property(tries = 100)
  void partiesThatTakeTurnsHaveEqualShares(
      @ForAll @IntRange(min = 1, max = 16) int cores,
      @ForAll @IntRange(min = 2, max = 5) int count) {
    CoreLeases leases = new CoreLeases(cores, () -> now);
    List<Asking> parties = parties(leases, count);
    for (int round = 0; round < 4; round++) {
      List<Integer> leased = new ArrayList<>();
      for (Asking asking : parties) {
        leased.add(asking.party.begin(cores));
      }
      parties.forEach(asking -> asking.party.end());
      now += 1000;
      if (round > 0) { // in the first nobody knows of those who come later
        assertThat(leased).allMatch(each -> each >= Math.max(1, cores / count));
      }
    }
  }

  @Property(tries = 100)
  void whatOneDoesNotWantTheOthersHave(
      @ForAll @IntRange(min = 2, max = 16) int cores, @ForAll boolean modestFirst) {
    CoreLeases leases = new CoreLeases(cores, () -> now);
    CoreLeases.Party modest = leases.join();
    CoreLeases.Party other = leases.join();
    assertThat(modest.begin(1)).isOne();
    if (modestFirst) {
      modest.end();
    }
    assertThat(other.begin(100)).isEqualTo(cores - 1);
  }
}
