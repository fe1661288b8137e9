package org.nemotron.core.eval.task;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.primitives.ImmutableIntArray;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Numbers printed by CPython 3.11. */
final class PythonRandomTest {
  private static final int SEED = 1234;

  @Test
  void word_seed1234_isPythons() {
    PythonRandom random = new PythonRandom(SEED);
    assertThat(Integer.toUnsignedLong(random.word())).isEqualTo(4150886329L);
    assertThat(Integer.toUnsignedLong(random.word())).isEqualTo(3342196574L);
    assertThat(Integer.toUnsignedLong(random.word())).isEqualTo(1892932127L);
  }

  @Test
  void sample_ofManyThreeTimes_isPythons() {
    PythonRandom random = new PythonRandom(SEED);
    assertThat(random.sample(7473, 5)).isEqualTo(ids(6374, 3610, 957, 61, 742));
    assertThat(random.sample(7473, 5)).isEqualTo(ids(7462, 6610, 4769, 286, 5501));
    assertThat(random.sample(7473, 5)).isEqualTo(ids(5677, 687, 806, 6279, 2905));
  }

  @Test
  void sample_of1119_isPythons() {
    ImmutableIntArray drawn = new PythonRandom(SEED).sample(1119, 25);
    assertThat(drawn.subArray(0, 8)).isEqualTo(ids(902, 239, 15, 185, 71, 171, 201, 726));
    assertThat(drawn.get(24)).isEqualTo(1108);
  }

  @Test
  void sample_ofFewFromAList_isPythons() {
    assertThat(new PythonRandom(SEED).sample(20, 6)).isEqualTo(ids(14, 3, 0, 2, 1, 10));
  }

  @Test
  void sample_of40398_isPythons() {
    assertThat(new PythonRandom(SEED).sample(40398, 5))
        .isEqualTo(ids(28883, 7657, 490, 5940, 38156));
  }

  @Test
  void sample_all_isAPermutation() {
    assertThat(new PythonRandom(3).sample(17, 17).stream().sorted().toArray())
        .isEqualTo(IntStream.range(0, 17).toArray());
  }

  private static ImmutableIntArray ids(int... numbers) {
    return ImmutableIntArray.copyOf(numbers);
  }
}
