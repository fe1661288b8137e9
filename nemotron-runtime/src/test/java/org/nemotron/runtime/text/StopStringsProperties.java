package org.nemotron.runtime.text;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

final class StopStringsProperties {
  /** Few letters, so that stop strings occur, overlap and repeat themselves. */
  @Provide
  Arbitrary<String> texts() {
    return Arbitraries.strings().withChars('a', 'b', 'c').ofMaxLength(40);
  }

  @Provide
  Arbitrary<List<String>> stops() {
    return Arbitraries.strings()
        .withChars('a', 'b', 'c')
        .ofMinLength(1)
        .ofMaxLength(6)
        .list()
        .ofMaxSize(4);
  }

  @Provide
  Arbitrary<List<Integer>> sizes() {
    return Arbitraries.integers().between(0, 5).list().ofMinSize(1).ofMaxSize(20);
  }

  @Property
  void anyPartitionGivesTheAnswerOfAWholeSearch(
      @ForAll("texts") String text,
      @ForAll("stops") List<String> stops,
      @ForAll("sizes") List<Integer> sizes) {
    StopStrings watch = new StopStrings(ImmutableList.copyOf(stops));
    StringBuilder shown = new StringBuilder();
    int begin = 0;
    for (int i = 0; begin < text.length() && watch.found().isEmpty(); i++) {
      int size = i < sizes.size() ? sizes.get(i) : 1;
      int end = Math.min(text.length(), begin + size);
      shown.append(watch.push(text.substring(begin, end)));
      begin = end;
    }
    shown.append(watch.finish());

    Optional<String> expected = firstComplete(text, stops);
    assertThat(watch.found()).isEqualTo(expected);
    assertThat(shown)
        .hasToString(expected.map(stop -> text.substring(0, text.indexOf(stop))).orElse(text));
  }

  @Property
  void onlyBeginningsOfStopStringsWait(
      @ForAll("texts") String text, @ForAll("stops") List<String> stops) {
    StopStrings watch = new StopStrings(ImmutableList.copyOf(stops));
    int shown = 0;
    for (int i = 0; i < text.length() && watch.found().isEmpty(); i++) {
      shown += watch.push(text.substring(i, i + 1)).length();
      String waiting = text.substring(shown, i + 1);
      if (watch.found().isEmpty() && !waiting.isEmpty()) {
        assertThat(stops).anyMatch(stop -> stop.startsWith(waiting));
      }
    }
  }

  /** Returns the stop string that ends first, the longest of those that end together. */
  private static Optional<String> firstComplete(String text, List<String> stops) {
    for (int end = 1; end <= text.length(); end++) {
      String head = text.substring(0, end);
      Optional<String> stop =
          stops.stream().filter(head::endsWith).max(Comparator.comparingInt(String::length));
      if (stop.isPresent()) {
        return stop;
      }
    }
    return Optional.empty();
  }
}
