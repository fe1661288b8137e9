package org.nemotron.core.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ResourcesTest {
  private final List<String> closed = new ArrayList<>();

  @Test
  void close_notComplete_closesTheLastPartFirst() {
    try (Resources made = new Resources()) {
      assertThat(made.add("first", closed::add)).isEqualTo("first");
      made.add("second", closed::add);
    }
    assertThat(closed).containsExactly("second", "first");
  }

  @Test
  void complete_closeOfTheBuilder_leavesThePartsToTheHolder() {
    Resources held;
    try (Resources made = new Resources()) {
      made.add("first", closed::add);
      made.add("second", closed::add);
      held = made.complete();
    }
    assertThat(closed).isEmpty();
    held.close();
    held.close();
    assertThat(closed).containsExactly("second", "first");
  }

  @Test
  void close_partThatThrows_closesTheOthersAndThrowsTheFirst() {
    Resources made = new Resources();
    made.add("first", closed::add);
    made.add("second", part -> fail(part));
    made.add("third", part -> fail(part));
    assertThatThrownBy(made::close)
        .hasMessage("third")
        .satisfies(thrown -> assertThat(thrown.getSuppressed()).hasSize(1));
    assertThat(closed).containsExactly("first");
  }

  private static void fail(String part) {
    throw new IllegalStateException(part);
  }
}
