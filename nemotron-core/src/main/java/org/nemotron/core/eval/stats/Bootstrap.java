package org.nemotron.core.eval.stats;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * Paired bootstrap: items are drawn anew with replacement, those of both models together, and a
 * figure is computed of each draw. Its percentiles are the interval. The same seed gives the same
 * interval on every machine.
 *
 * @param draws how often all items are drawn
 * @param seed what the draws follow from
 * @param confidence the share of draws within the interval, such as 0.95
 */
public record Bootstrap(int draws, long seed, double confidence) {
  /** 10,000 draws, 95 %. */
  public static final Bootstrap USUAL = new Bootstrap(10_000, 1234, 0.95);

  /** Checks the settings. */
  public Bootstrap {
    checkArgument(draws > 0, "draws (%s) must be positive", draws);
    checkArgument(
        0 < confidence && confidence < 1, "confidence (%s) must be between 0 and 1", confidence);
  }

  /**
   * The means of a task's items in one draw.
   *
   * @param parent of the parent
   * @param child of the child
   */
  record Means(double parent, double child) {
    static Means of(PairedItems items) {
      return new Means(
          items.parent().stream().sum() / items.size(),
          items.child().stream().sum() / items.size());
    }
  }

  /** Returns the means of each task in every draw. */
  Draws draw(List<PairedItems> tasks) {
    ImmutableList<Columns> columns =
        tasks.stream().map(Columns::new).collect(ImmutableList.toImmutableList());
    return new Draws(
        tasks.stream().map(Means::of).collect(ImmutableList.toImmutableList()),
        IntStream.range(0, draws)
            .parallel()
            .mapToObj(draw -> drawn(columns, draw))
            .collect(ImmutableList.toImmutableList()),
        confidence);
  }

  /**
   * The means of tasks.
   *
   * @param all of all items
   * @param drawn of the items of each draw
   * @param confidence the share of draws within an interval
   */
  record Draws(
      ImmutableList<Means> all, ImmutableList<ImmutableList<Means>> drawn, double confidence) {
    /** Returns the interval of a figure that is made of the means of each task. */
    Interval interval(ToDoubleFunction<ImmutableList<Means>> figure) {
      double[] figures = drawn.stream().mapToDouble(figure).sorted().toArray();
      double tail = (1 - confidence) / 2;
      return new Interval(
          figure.applyAsDouble(all), quantile(figures, tail), quantile(figures, 1 - tail));
    }

    /** Returns the interval of a figure of the only task. */
    Interval of(ToDoubleFunction<Means> figure) {
      return interval(tasks -> figure.applyAsDouble(tasks.get(0)));
    }
  }

  /** The figures of a task as arrays, since ten thousand draws read each many times. */
  private static final class Columns {
    private final double[] parent;
    private final double[] child;

    Columns(PairedItems items) {
      parent = items.parent().toArray();
      child = items.child().toArray();
    }

    /** Returns the means of items drawn by {@code random}. */
    Means drawn(SplittableRandom random) {
      double parents = 0;
      double children = 0;
      for (int i = 0; i < parent.length; i++) {
        int item = random.nextInt(parent.length);
        parents += parent[item];
        children += child[item];
      }
      return new Means(parents / parent.length, children / parent.length);
    }
  }

  /**
   * Each draw has a generator of its own, so that draws may be made side by side. Its seed is drawn
   * too: of generators whose seeds differ by little, one would repeat the other's numbers.
   */
  private ImmutableList<Means> drawn(List<Columns> tasks, int draw) {
    SplittableRandom random = new SplittableRandom(new SplittableRandom(seed + draw).nextLong());
    return tasks.stream().map(task -> task.drawn(random)).collect(ImmutableList.toImmutableList());
  }

  private static double quantile(double[] sorted, double share) {
    double place = share * (sorted.length - 1);
    int below = (int) place;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
  }
}
