package org.nemotron.nas.distill;

import java.util.SplittableRandom;

/** AdamW with clipping and a schedule over twelve values, in double precision. */
final class AdamWByHand {
  private static final int SIZE = 12;

  private AdamWByHand() {}

  /** Returns the values before the first step, which are exact in bfloat16. */
  static float[] begin() {
    float[] values = new float[SIZE];
    for (int i = 0; i < SIZE; i++) {
      values[i] = 0.5f * (i - 5);
    }
    return values;
  }

  /** Returns the gradients of a step, which are exact in bfloat16. */
  static float[] gradient(int step) {
    SplittableRandom random = new SplittableRandom(step);
    float[] values = new float[SIZE];
    for (int i = 0; i < SIZE; i++) {
      values[i] = (random.nextInt(65) - 32) / 16f;
    }
    return values;
  }

  /**
   * Returns the values after some steps.
   *
   * @param planned how many steps the schedule has
   */
  static double[] expected(OptimizerSettings settings, int planned, int steps) {
    double[] values = new double[SIZE];
    double[] means = new double[SIZE];
    double[] squares = new double[SIZE];
    for (int i = 0; i < SIZE; i++) {
      values[i] = begin()[i];
    }
    for (int step = 0; step < steps; step++) {
      float[] gradient = gradient(step);
      double norm = 0;
      for (float value : gradient) {
        norm += (double) value * value;
      }
      double scale = Math.max(1, Math.sqrt(norm) / settings.gradientClip());
      double rate = settings.rateAt(step, planned);
      for (int i = 0; i < SIZE; i++) {
        double g = gradient[i] / scale;
        means[i] = settings.beta1() * means[i] + (1 - settings.beta1()) * g;
        squares[i] = settings.beta2() * squares[i] + (1 - settings.beta2()) * g * g;
        double mean = means[i] / (1 - Math.pow(settings.beta1(), step + 1));
        double square = squares[i] / (1 - Math.pow(settings.beta2(), step + 1));
        values[i] *= 1 - rate * settings.weightDecay();
        values[i] -= rate * mean / (Math.sqrt(square) + 1e-8);
      }
    }
    return values;
  }
}
