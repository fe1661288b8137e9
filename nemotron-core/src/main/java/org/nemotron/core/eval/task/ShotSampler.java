package org.nemotron.core.eval.task;

import com.google.common.collect.ImmutableList;

/**
 * The shots of one item after another. As in the harness one generator goes through all items, so
 * that the shots of an item depend on how many came before.
 */
final class ShotSampler {
  private final ShotSpec spec;
  private final ImmutableList<Example> pool;
  private final int count;
  private final ShotSeed seed;
  private PythonRandom random;
  private int next;

  ShotSampler(ShotSpec spec, ImmutableList<Example> pool, int count, ShotSeed seed) {
    this.spec = spec;
    this.pool = pool;
    this.count = count;
    this.seed = seed;
    this.random = new PythonRandom(seed.number());
  }

  /** Returns the shots of the next item. */
  ImmutableList<Example> next(Example item) {
    if (seed.perItem()) {
      random = new PythonRandom(seed.number() + next);
    }
    next++;
    if (count == 0) {
      return ImmutableList.of();
    }
    if (spec.inOrder()) {
      return others(pool, item);
    }
    if (!spec.excludesItem()) {
      return random.sample(pool, count);
    }
    ImmutableList<Example> drawn = others(random.sample(pool, count + 1), item);
    return drawn.size() == count ? drawn : random.sample(without(pool, item), count);
  }

  private ImmutableList<Example> others(ImmutableList<Example> examples, Example item) {
    ImmutableList<Example> kept = spec.excludesItem() ? without(examples, item) : examples;
    return kept.subList(0, Math.min(count, kept.size()));
  }

  private static ImmutableList<Example> without(ImmutableList<Example> examples, Example item) {
    return examples.stream()
        .filter(example -> !example.equals(item))
        .collect(ImmutableList.toImmutableList());
  }
}
