package org.nemotron.core.checkpoint.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.ImmutableDoubleArray;
import com.google.common.primitives.ImmutableLongArray;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;

final class GgufKeysTest {
  private static final GgufKeys KEYS =
      new GgufKeys(
          "x.gguf",
          ImmutableMap.<String, GgufValue>builder()
              .put("text", GgufValue.of("a"))
              .put("yes", GgufValue.of(true))
              .put("no", GgufValue.of(false))
              .put("zero", GgufValue.of(0))
              .put("three", GgufValue.of(3))
              .put("most", GgufValue.of((long) Integer.MAX_VALUE))
              .put("more", GgufValue.of(Integer.MAX_VALUE + 1L))
              .put("less", new GgufValue.Whole(GgufValue.WholeType.INT32, -1))
              .put("tenth", new GgufValue.Real(4, 0.1f))
              .put("third", new GgufValue.Real(8, 1 / 3.0))
              .put("wholes", wholes(0, Integer.MAX_VALUE))
              .put("large", wholes(0, Integer.MAX_VALUE + 1L))
              .put("negative", wholes(0, -1))
              .put("reals", new GgufValue.Reals(8, ImmutableDoubleArray.of(1)))
              .put("texts", new GgufValue.Texts(ImmutableList.of("a", "b")))
              .buildOrThrow());

  private static GgufValue wholes(long... numbers) {
    return new GgufValue.Wholes(GgufValue.WholeType.INT64, ImmutableLongArray.copyOf(numbers));
  }

  private static void assertRefused(ThrowingCallable asked, String sentence) {
    assertThatThrownBy(asked)
        .isInstanceOf(CheckpointFormatException.class)
        .hasMessage("x.gguf: " + sentence);
  }

  @Test
  void keys_ofTheKindAskedFor_areGiven() throws CheckpointFormatException {
    assertThat(KEYS.optionalText("text")).contains("a");
    assertThat(KEYS.flag("yes", false)).isTrue();
    assertThat(KEYS.flag("no", true)).isFalse();
    assertThat(KEYS.count("three")).isEqualTo(3);
    assertThat(KEYS.count("most")).isEqualTo(Integer.MAX_VALUE);
    assertThat(KEYS.whole("less", 7)).isEqualTo(-1);
    assertThat(KEYS.numbers("reals")).isEqualTo(ImmutableDoubleArray.of(1));
    assertThat(KEYS.numbers("negative")).isEqualTo(ImmutableDoubleArray.of(0, -1));
    assertThat(KEYS.texts("texts")).containsExactly("a", "b");
    assertThat(KEYS.wholes("negative")).isEqualTo(ImmutableLongArray.of(0, -1));
  }

  @Test
  void number_singlePrecision_isTheShortestDecimalThatGivesIt() throws CheckpointFormatException {
    assertThat(KEYS.number("tenth")).isEqualTo(0.1);
    assertThat(KEYS.number("third")).isEqualTo(1 / 3.0);
    assertThat(KEYS.number("three")).isEqualTo(3);
  }

  @Test
  void keys_missing_areWhatIsUsual() throws CheckpointFormatException {
    assertThat(KEYS.optionalText("none")).isEmpty();
    assertThat(KEYS.number("none", 0.5)).isEqualTo(0.5);
    assertThat(KEYS.flag("none", true)).isTrue();
    assertThat(KEYS.flag("none", false)).isFalse();
    assertThat(KEYS.optionalCount("none")).isEmpty();
    assertThat(KEYS.whole("none", 7)).isEqualTo(7);
  }

  @Test
  void keys_thatMustBeThere_areNamedWhereTheyAreNot() {
    assertRefused(() -> KEYS.number("none"), "none is missing; it must be a number");
    assertRefused(() -> KEYS.count("none"), "none is missing; it must be a positive whole number");
    assertRefused(() -> KEYS.texts("none"), "none is missing; it must be a list of texts");
    assertRefused(() -> KEYS.wholes("none"), "none is missing; it must be a list of whole numbers");
  }

  @Test
  void keys_ofAnotherKind_areRefused() {
    assertRefused(() -> KEYS.optionalText("three"), "three must be a text");
    assertRefused(() -> KEYS.number("text"), "text must be a number");
    assertRefused(() -> KEYS.numbers("text"), "text must be a list of numbers");
    assertRefused(() -> KEYS.flag("text", true), "text must be true or false");
    assertRefused(() -> KEYS.whole("text", 0), "text must be a whole number");
    assertRefused(() -> KEYS.texts("wholes"), "wholes must be a list of texts");
    assertRefused(() -> KEYS.wholes("reals"), "reals must be a list of whole numbers");
    for (String key : ImmutableList.of("text", "zero", "less", "more")) {
      assertRefused(() -> KEYS.count(key), key + " must be a positive whole number below 2^31");
    }
  }

  @Test
  void perLayer_oneNumberOrAList_isOnePerLayer() throws CheckpointFormatException {
    assertThat(KEYS.perLayer("three", 2)).containsExactly(3, 3);
    assertThat(KEYS.perLayer("zero", 1)).containsExactly(0);
    assertThat(KEYS.perLayer("wholes", 2)).containsExactly(0, Integer.MAX_VALUE);
  }

  @Test
  void perLayer_otherLengthOrRange_isRefused() {
    assertRefused(
        () -> KEYS.perLayer("wholes", 3), "wholes must be one number or 3 from 0 to 2^31 - 1");
    assertRefused(
        () -> KEYS.perLayer("large", 2), "large must be one number or 2 from 0 to 2^31 - 1");
    assertRefused(
        () -> KEYS.perLayer("negative", 2), "negative must be one number or 2 from 0 to 2^31 - 1");
    assertRefused(() -> KEYS.perLayer("less", 2), "less must be a list of whole numbers");
    assertRefused(() -> KEYS.perLayer("more", 2), "more must be a list of whole numbers");
  }
}
