package org.nemotron.runtime.engine;

import java.util.BitSet;
import java.util.stream.IntStream;
import org.nemotron.runtime.sampling.TokenConstraint;
import org.nemotron.runtime.sampling.TokenMask;

/** Behind token t only tokens follow that have its remainder by 7, plus 1; ends at {@code end}. */
record Remainders(int count, int end, int last) implements TokenConstraint.State {
  static TokenConstraint until(int end) {
    return () -> new Remainders(0, end, 0);
  }

  @Override
  public TokenMask allowed() {
    BitSet tokens = new BitSet();
    if (count < end) {
      IntStream.range(0, SmallModel.VOCABULARY)
          .filter(token -> token % 7 == (last + 1) % 7)
          .forEach(tokens::set);
    }
    return TokenMask.of(tokens);
  }

  @Override
  public boolean mayEnd() {
    return count == end;
  }

  @Override
  public TokenConstraint.State after(int token) {
    return new Remainders(count + 1, end, token);
  }
}
