package org.nemotron.core.text;

import static com.google.common.base.Preconditions.checkArgument;

import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Seed;

/**
 * Endless batches of windows for training. Each epoch has every window once, in its own order, and
 * starts the first window at its own offset.
 *
 * <p>Batch {@code i} depends on the corpus, the sizes and the seed only: a resumed run continues
 * with the batch where it stopped. Safe for use by several threads.
 */
public final class TokenBatches {
  private final TokenWindows windows;
  private final int batchSize;
  private final Seed seed;
  private volatile Epoch latest;

  /**
   * Makes batches of {@code batchSize} windows.
   *
   * @param windowTokens tokens per window
   * @throws IllegalArgumentException if the corpus is shorter than one window
   */
  public TokenBatches(TokenCorpus corpus, int batchSize, int windowTokens, Seed seed) {
    checkArgument(batchSize > 0, "batchSize (%s) must be positive", batchSize);
    this.windows = new TokenWindows(corpus, windowTokens);
    this.batchSize = batchSize;
    this.seed = seed;
    this.latest = Epoch.of(0, windows, seed);
  }

  /** Returns how many windows a batch has. */
  public int batchSize() {
    return batchSize;
  }

  /** Returns how many tokens a window has. */
  public int windowTokens() {
    return windows.length();
  }

  /** Returns how many windows an epoch has. */
  public int windowsPerEpoch() {
    return windows.count();
  }

  /**
   * Returns batch {@code index}: {@code [batchSize, windowTokens]} token ids, int64, on the CPU,
   * owned by the current {@link NativeScope}.
   *
   * @param index from 0, without end
   */
  public Tensor batch(long index) {
    checkArgument(index >= 0, "batch index (%s) must not be negative", index);
    return windows.rows(Math.multiplyExact(index, batchSize), batchSize, this::begin);
  }

  private int begin(long window) {
    Epoch epoch = epoch(window / windows.count());
    return epoch.begin((int) (window % windows.count()), windows.length());
  }

  /** Returns an epoch's order; the latest is cached, since batches mostly follow each other. */
  private Epoch epoch(long number) {
    Epoch epoch = latest;
    if (epoch.number != number) {
      epoch = Epoch.of(number, windows, seed);
      latest = epoch;
    }
    return epoch;
  }

  /** The order of the windows in one pass over the corpus. Not changed once made. */
  private static final class Epoch {
    private final long number;
    private final int phase;
    private final int[] order;

    private Epoch(long number, int phase, int[] order) {
      this.number = number;
      this.phase = phase;
      this.order = order;
    }

    private static Epoch of(long number, TokenWindows windows, Seed seed) {
      SplittableRandom random = seed.named("token windows").numbered(number).random();
      int phase = random.nextInt(windows.remainder() + 1);
      int[] order = new int[windows.count()];
      for (int i = 0; i < order.length; i++) {
        int other = random.nextInt(i + 1);
        order[i] = order[other];
        order[other] = i;
      }
      return new Epoch(number, phase, order);
    }

    private int begin(int place, int length) {
      return phase + order[place] * length;
    }
  }
}
