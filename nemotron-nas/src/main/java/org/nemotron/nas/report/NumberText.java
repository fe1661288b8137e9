package org.nemotron.nas.report;

import com.google.common.collect.ImmutableList;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;
import org.nemotron.nas.cost.MedianInterval;

/** Figures as people read them: rounded, with their unit, the same in every language setting. */
public final class NumberText {
  private static final double KIBI = 1024;
  private static final ImmutableList<String> LARGER_UNITS = ImmutableList.of("MiB", "GiB", "TiB");

  private NumberText() {}

  /** Returns for example {@code 7.03 M}. */
  public static String count(long value) {
    if (value < 1_000) {
      return Long.toString(value);
    }
    if (value < 999_500) {
      return threeDigits(value / 1e3) + " k";
    }
    return value < 999_500_000 ? threeDigits(value / 1e6) + " M" : threeDigits(value / 1e9) + " B";
  }

  /** Returns for example {@code 13.4 MiB}; the number never takes more than three digits. */
  public static String bytes(long value) {
    if (value < 1_000) {
      return value + " B";
    }
    double amount = value / KIBI;
    String unit = "KiB";
    for (String larger : LARGER_UNITS) {
      if (amount < 999.5) {
        break;
      }
      amount /= KIBI;
      unit = larger;
    }
    return threeDigits(amount) + " " + unit;
  }

  /** Returns for example {@code 1,234}; below 100 with decimals. */
  public static String rate(double value) {
    return value < 100 ? threeDigits(value) : String.format(Locale.ROOT, "%,.0f", value);
  }

  /** Returns for example {@code 1.62×}. */
  public static String times(double ratio) {
    return String.format(Locale.ROOT, "%.2f×", ratio);
  }

  /** Returns for example {@code 1.62 ± 0.01×}. */
  public static String times(MedianInterval ratio) {
    return interval(ratio) + "×";
  }

  /** Returns for example {@code 1.62 ± 0.01}, half of the interval's width behind the sign. */
  public static String interval(MedianInterval value) {
    return String.format(
        Locale.ROOT,
        value.median() < 1_000 ? "%,.2f ± %,.2f" : "%,.0f ± %,.0f",
        value.median(),
        value.halfWidth());
  }

  /** Returns for example {@code 96.8 %} for 0.968. */
  public static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f %%", 100 * share);
  }

  /** Returns the change from {@code from} to {@code to}, for example {@code −34.0 %}. */
  public static String change(double from, double to) {
    if (from == 0) {
      return to == 0 ? "±0.0 %" : "new";
    }
    double change = 100 * (to / from - 1);
    String digits = String.format(Locale.ROOT, "%.1f", Math.abs(change));
    String sign = change < 0 ? "−" : "+";
    return (digits.equals("0.0") ? "±" : sign) + digits + " %";
  }

  /** Returns for example {@code 0.0312}: four decimals, as differences of KL and loss need. */
  public static String nats(double value) {
    return String.format(Locale.ROOT, "%.4f", value);
  }

  /**
   * Returns for example {@code 0.031}: three decimals (two from 10 on), where columns are narrow.
   */
  public static String shortNats(double value) {
    return String.format(Locale.ROOT, Math.abs(value) < 9.9995 ? "%.3f" : "%.2f", value);
  }

  /** Returns for example {@code 4.2 s} or {@code 2 min 13 s}. */
  public static String seconds(double value) {
    if (value < 59.95) {
      return value < 9.995
          ? threeDigits(value) + " s"
          : String.format(Locale.ROOT, "%.1f s", value);
    }
    long whole = Math.round(value);
    return whole < 3_600
        ? whole / 60 + " min " + whole % 60 + " s"
        : whole / 3_600 + " h " + whole % 3_600 / 60 + " min";
  }

  /** Returns a time for charts and tables, for example {@code 12.3 ms}. */
  public static String millis(double nanos) {
    return threeDigits(nanos / 1e6) + " ms";
  }

  /** Returns an axis label: as many digits as the value needs, at most four. */
  public static String tick(double value) {
    double size = Math.abs(value);
    if (size != 0 && size < 1e-3) {
      return String.format(Locale.ROOT, "%.0e", value).replace("e-0", "e-");
    }
    if (size >= 10_000) {
      return String.format(Locale.ROOT, "%,.0f", value);
    }
    BigDecimal rounded = new BigDecimal(value, new MathContext(4));
    String plain = rounded.stripTrailingZeros().toPlainString();
    return size >= 1_000 ? String.format(Locale.ROOT, "%,.0f", value) : plain;
  }

  private static String threeDigits(double value) {
    double size = Math.abs(value);
    if (size >= 99.95) {
      return String.format(Locale.ROOT, "%,.0f", value);
    }
    return String.format(Locale.ROOT, size >= 9.995 ? "%.1f" : "%.2f", value);
  }
}
