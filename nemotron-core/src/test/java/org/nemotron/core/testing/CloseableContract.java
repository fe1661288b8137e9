package org.nemotron.core.testing;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The tests of closeables; the test class lists its own in a static method {@code cases()}. */
public interface CloseableContract {
  @ParameterizedTest
  @MethodSource("cases")
  default void close_twice_isHarmless(CloseableCase closeable) throws Exception {
    closeable.assertClosesTwice();
  }

  @ParameterizedTest
  @MethodSource("cases")
  default void use_afterClose_isRefused(CloseableCase closeable) throws Exception {
    closeable.assertRefusesUseAfterClose();
  }

  @ParameterizedTest
  @MethodSource("cases")
  default void close_onAnotherThread_keepsTheRuleOfItsType(CloseableCase closeable)
      throws Exception {
    closeable.assertKeepsItsThreadRule();
  }
}
