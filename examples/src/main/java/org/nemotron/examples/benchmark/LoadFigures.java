package org.nemotron.examples.benchmark;

import com.google.common.primitives.ImmutableLongArray;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Latencies and throughput of answers that ran at the same time. Immutable. */
final class LoadFigures {
  static final String HEAD =
      "streams  tokens/s  first p50 ms  p99 ms  next p50 ms  p99 ms  refused  p50 ms  p99 ms  failed";

  private final List<StreamedAnswer> answers;

  LoadFigures(List<StreamedAnswer> answers) {
    this.answers = List.copyOf(answers);
  }

  /**
   * Returns tokens per second between two times.
   *
   * @param perAnswer tokens of an answer; an event may have the text of several
   */
  double tokensPerSecond(long fromNanos, long toNanos, int perAnswer) {
    double tokens = 0;
    for (StreamedAnswer answer : answers) {
      ImmutableLongArray times = answer.tokenNanos();
      long within =
          times.stream().filter(time -> time - fromNanos >= 0 && time - toNanos < 0).count();
      tokens += times.isEmpty() ? 0 : (double) within * perAnswer / times.length();
    }
    return tokens * 1e9 / (toNanos - fromNanos);
  }

  int failed() {
    return (int) answers.stream().filter(StreamedAnswer::isFailed).count();
  }

  /** Returns a line of figures; latencies are those of answers that began after a time. */
  String line(int streams, double rate, long fromNanos) {
    List<Double> first = new ArrayList<>();
    List<Double> next = new ArrayList<>();
    List<Double> refused = new ArrayList<>();
    for (StreamedAnswer answer : answers) {
      if (answer.begunNanos() - fromNanos < 0) {
        continue;
      }
      ImmutableLongArray times = answer.tokenNanos();
      if (answer.isGood()) {
        first.add((times.get(0) - answer.begunNanos()) / 1e6);
      } else if (answer.status() == 429) {
        refused.add((answer.endNanos() - answer.begunNanos()) / 1e6);
      }
      for (int i = 1; i < times.length(); i++) {
        next.add((times.get(i) - times.get(i - 1)) / 1e6);
      }
    }
    return String.format(
        Locale.ROOT,
        "%7d %9.1f %13.1f %7.1f %12.2f %7.2f %8d %7.1f %7.1f %7d",
        streams,
        rate,
        quantile(first, 0.5),
        quantile(first, 0.99),
        quantile(next, 0.5),
        quantile(next, 0.99),
        refused.size(),
        quantile(refused, 0.5),
        quantile(refused, 0.99),
        failed());
  }

  private static double quantile(List<Double> values, double share) {
    List<Double> sorted = values.stream().sorted().toList();
    return sorted.isEmpty() ? 0 : sorted.get((int) Math.ceil(share * sorted.size()) - 1);
  }
}
