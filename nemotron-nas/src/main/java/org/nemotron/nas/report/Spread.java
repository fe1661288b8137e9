package org.nemotron.nas.report;

/** Moves labels apart along a line until none covers another. */
public final class Spread {
  private Spread() {}

  /**
   * Returns places for labels whose ideal places are {@code wanted}: in the same order, {@code
   * apart} from each other (less where there is no room for that), within {@code [least, most]}.
   *
   * <p>Two sweeps: downward, every label is moved below the one before it; then upward from the
   * end, labels beyond {@code most} are moved back.
   *
   * @param wanted ascending
   */
  public static double[] apart(double[] wanted, double apart, double least, double most) {
    double[] places = wanted.clone();
    int count = places.length;
    double step = count > 1 ? Math.min(apart, (most - least) / (count - 1)) : apart;
    for (int i = 0; i < count; i++) {
      places[i] = Math.max(places[i], i == 0 ? least : places[i - 1] + step);
    }
    for (int i = count - 1; i >= 0; i--) {
      places[i] = Math.min(places[i], i == count - 1 ? most : places[i + 1] - step);
    }
    return places;
  }
}
