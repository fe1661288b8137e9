package org.nemotron.core.eval.task;

import com.google.common.primitives.ImmutableDoubleArray;

/**
 * A figure of an item, and of a task made of its items' figures.
 *
 * @param name the harness's name, with that of a filter where there are several
 * @param aggregation how a task's figure is made
 * @param score an item's figure
 */
record Metric(String name, Aggregation aggregation, Score score) {
  /** An item's figure. */
  @FunctionalInterface
  interface Score {
    double of(Question question, ItemAnswer answer);
  }

  /** How a task's figure is made of its items'. */
  enum Aggregation {
    MEAN,
    SHARE,
    PERPLEXITY,
    WORD_PERPLEXITY,
    BYTE_PERPLEXITY,
    BITS_PER_BYTE
  }

  /** Returns the weight of an item: how many words or bytes it has, or 1. */
  double weight(Question question) {
    if (question instanceof Question.Document document) {
      return aggregation == Aggregation.WORD_PERPLEXITY ? document.words() : document.bytes();
    }
    return 1;
  }

  /** Returns the task's figure of its items' figures and weights. */
  MetricValue aggregate(ImmutableDoubleArray values, ImmutableDoubleArray weights) {
    int n = values.length();
    double mean = values.stream().sum() / weights.stream().sum();
    return switch (aggregation) {
      case MEAN -> new MetricValue(mean, StandardErrors.ofMean(values), n, true);
      case SHARE -> new MetricValue(mean, StandardErrors.ofMean(values), n, false);
      case PERPLEXITY ->
          new MetricValue(Math.exp(-mean), StandardErrors.ofPerplexity(values), n, false);
      case WORD_PERPLEXITY, BYTE_PERPLEXITY ->
          new MetricValue(Math.exp(-mean), Double.NaN, n, false);
      case BITS_PER_BYTE -> new MetricValue(-mean / Math.log(2), Double.NaN, n, false);
    };
  }
}
