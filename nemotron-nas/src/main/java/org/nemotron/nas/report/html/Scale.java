package org.nemotron.nas.report.html;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;

/** Maps a quantity to a coordinate of a chart, and places round numbers. */
sealed interface Scale {
  /** Returns the coordinate of {@code value}. */
  double at(double value);

  /** Returns about {@code count} round values within the scale, ascending. */
  ImmutableList<Double> ticks(int count);

  /** Returns a linear scale over at least {@code [least, most]}, widened to round numbers. */
  static Scale linear(double least, double most, double from, double to) {
    double step = Linear.step(Math.max(most - least, Math.abs(most) * 1e-6 + 1e-12), 6);
    double low = Math.floor(least / step) * step;
    double high = Math.ceil(most / step) * step;
    return new Linear(low, high > low ? high : low + step, from, to);
  }

  /** Returns a logarithmic scale over {@code [least, most]}, with a little room at both ends. */
  static Scale logarithmic(double least, double most, double from, double to) {
    return new Logarithmic(least / 1.15, most * 1.15, from, to);
  }

  /** Equal differences are equal distances. */
  record Linear(double least, double most, double from, double to) implements Scale {
    /** Checks the range. */
    public Linear {
      checkArgument(least < most, "least (%s) must be below most (%s)", least, most);
    }

    @Override
    public double at(double value) {
      return from + (value - least) / (most - least) * (to - from);
    }

    @Override
    public ImmutableList<Double> ticks(int count) {
      double step = step(most - least, count);
      ImmutableList.Builder<Double> ticks = ImmutableList.builder();
      double slack = step * 1e-9;
      for (long i = (long) Math.ceil((least - slack) / step); i * step <= most + slack; i++) {
        ticks.add(i * step);
      }
      return ticks.build();
    }

    private static double step(double range, int count) {
      double raw = range / count;
      double power = Math.pow(10, Math.floor(Math.log10(raw)));
      double leading = raw / power;
      double round = leading <= 1 ? 1 : leading <= 2 ? 2 : leading <= 5 ? 5 : 10;
      return round * power;
    }
  }

  /** Equal quotients are equal distances. */
  record Logarithmic(double least, double most, double from, double to) implements Scale {
    private static final ImmutableList<Double> WITHIN_A_DECADE = ImmutableList.of(1.0, 2.0, 5.0);

    /** Checks the range. */
    public Logarithmic {
      checkArgument(
          least > 0 && least < most, "least (%s) must be above 0 and below most (%s)", least, most);
    }

    @Override
    public double at(double value) {
      return from + Math.log(value / least) / Math.log(most / least) * (to - from);
    }

    @Override
    public ImmutableList<Double> ticks(int count) {
      double decades = Math.log10(most / least);
      boolean dense = decades * WITHIN_A_DECADE.size() <= count + 1;
      int stride = Math.max(1, (int) Math.ceil(decades / count));
      ImmutableList.Builder<Double> ticks = ImmutableList.builder();
      for (int p = (int) Math.floor(Math.log10(least)); p <= Math.log10(most); p++) {
        for (double leading : dense ? WITHIN_A_DECADE : ImmutableList.of(1.0)) {
          double tick = leading * Math.pow(10, p);
          if (Math.floorMod(p, stride) == 0 && tick >= least && tick <= most) {
            ticks.add(tick);
          }
        }
      }
      return ticks.build();
    }
  }
}
