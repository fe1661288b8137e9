package org.nemotron.core.text;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Seed;
import org.nemotron.core.tensor.Tensors;

/**
 * Endless batches of windows for training. Each epoch of a source has every window once, in its own
 * order, and starts the first window at its own offset; of several sources, each has its share of
 * the windows, whatever their sizes.
 *
 * <p>Batch {@code i} depends on the tokens, the sizes and the seed only: a resumed run continues
 * with the batch where it stopped. Safe for use by several threads.
 */
public final class TokenBatches {
  private final ImmutableList<ShuffledWindows> sources;
  private final Mixture mixture;
  private final int batchSize;
  private final int windowTokens;

  /**
   * Makes batches of {@code batchSize} windows.
   *
   * @param windowTokens tokens per window
   * @throws IllegalArgumentException if the corpus is shorter than one window
   */
  public TokenBatches(TokenCorpus corpus, int batchSize, int windowTokens, Seed seed) {
    this(ImmutableList.of(corpus.windows(windowTokens)), ImmutableList.of(1.0), batchSize, seed);
  }

  /**
   * Makes batches of {@code batchSize} windows of several sources.
   *
   * @param sources at least one; all have windows of one length
   * @param weights how often a window of each source comes, relative to the others; positive
   */
  public TokenBatches(
      List<? extends TokenWindows> sources, List<Double> weights, int batchSize, Seed seed) {
    checkArgument(batchSize > 0, "batchSize (%s) must be positive", batchSize);
    checkArgument(!sources.isEmpty(), "batches must have a source");
    checkArgument(
        weights.size() == sources.size()
            && weights.stream().allMatch(weight -> weight > 0 && Double.isFinite(weight)),
        "weights (%s) must be a positive number for each of %s sources",
        weights,
        sources.size());
    this.windowTokens = sources.get(0).length();
    ImmutableList.Builder<ShuffledWindows> shuffled = ImmutableList.builder();
    for (int index = 0; index < sources.size(); index++) {
      TokenWindows windows = sources.get(index);
      checkArgument(
          windows.length() == windowTokens,
          "windows of all sources must have one length, not %s and %s",
          windowTokens,
          windows.length());
      Seed named = seed.named("token windows");
      shuffled.add(new ShuffledWindows(windows, index == 0 ? named : named.named("" + index)));
    }
    this.sources = shuffled.build();
    this.mixture = Mixture.of(weights);
    this.batchSize = batchSize;
  }

  /** Returns how many windows a batch has. */
  public int batchSize() {
    return batchSize;
  }

  /** Returns how many tokens a window has. */
  public int windowTokens() {
    return windowTokens;
  }

  /** Returns how many windows there are, of all sources together. */
  public long windowsPerEpoch() {
    return sources.stream().mapToLong(source -> source.windows().count()).sum();
  }

  /**
   * Returns batch {@code index}: {@code [batchSize, windowTokens]} token ids, int64, on the CPU,
   * owned by the current {@link NativeScope}.
   *
   * @param index from 0, without end
   */
  public Tensor batch(long index) {
    long[] ids = new long[Math.multiplyExact(batchSize, windowTokens)];
    long first = first(index);
    for (int row = 0; row < batchSize; row++) {
      source(first + row).read(mixture.number(first + row), ids, row * windowTokens);
    }
    return Tensors.of(ids, batchSize, windowTokens);
  }

  /**
   * Returns which predictions of batch {@code index} are to be learned: {@code [batchSize,
   * windowTokens]}, int64, 1 where the next token is one to be learned, else 0; on the CPU, owned
   * by the current {@link NativeScope}. Nothing where all are.
   */
  public Optional<Tensor> learned(long index) {
    if (sources.stream().noneMatch(source -> source.windows().isMasked())) {
      return Optional.empty();
    }
    boolean[] learned = new boolean[windowTokens];
    long[] counted = new long[Math.multiplyExact(batchSize, windowTokens)];
    long first = first(index);
    for (int row = 0; row < batchSize; row++) {
      source(first + row).readLearned(mixture.number(first + row), learned);
      for (int t = 0; t + 1 < windowTokens; t++) {
        counted[row * windowTokens + t] = learned[t + 1] ? 1 : 0;
      }
    }
    return Optional.of(Tensors.of(counted, batchSize, windowTokens));
  }

  private long first(long index) {
    checkArgument(index >= 0, "batch index (%s) must not be negative", index);
    return Math.multiplyExact(index, batchSize);
  }

  private ShuffledWindows source(long window) {
    return sources.get(mixture.source(window));
  }

  /** The windows of one source, epoch after epoch. */
  private static final class ShuffledWindows {
    private final TokenWindows windows;
    private final Seed seed;
    private volatile Epoch latest;

    ShuffledWindows(TokenWindows windows, Seed seed) {
      this.windows = windows;
      this.seed = seed;
      this.latest = Epoch.of(0, windows, seed);
    }

    TokenWindows windows() {
      return windows;
    }

    void read(long number, long[] ids, int at) {
      Epoch epoch = epoch(number / windows.count());
      windows.read(epoch.order.at(number % windows.count()), epoch.offset, ids, at);
    }

    void readLearned(long number, boolean[] learned) {
      Epoch epoch = epoch(number / windows.count());
      windows.readLearned(epoch.order.at(number % windows.count()), epoch.offset, learned, 0);
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
  }

  /** The order of the windows in one pass over a source. */
  private record Epoch(long number, int offset, WindowOrder order) {
    static Epoch of(long number, TokenWindows windows, Seed seed) {
      SplittableRandom random = seed.numbered(number).random();
      int offset = random.nextInt(windows.offsets());
      return new Epoch(number, offset, WindowOrder.of(windows.count(), random));
    }
  }
}
