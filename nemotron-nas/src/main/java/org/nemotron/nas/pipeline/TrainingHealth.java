package org.nemotron.nas.pipeline;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Tells a diverging or a hung stage from a slow one, by its own recent past. Times are given, so
 * that it has no clock of its own.
 *
 * <p>A loss is named when it is not finite, or above {@value #FAR_ABOVE} times the median of the
 * last {@value #RECENT}; a silence, when it is longer than {@value #LONG_SILENCE} median steps and
 * a minute. Each is named once, until it has ended.
 */
final class TrainingHealth {
  private static final int RECENT = 20;
  private static final int ENOUGH = 5;
  private static final double FAR_ABOVE = 3;
  private static final double LONG_SILENCE = 20;
  private static final double LEAST_SILENCE_SECONDS = 60;

  /** Before a stage has done some steps, nobody knows how long they take. */
  private static final double SILENCE_AT_BEGINNING_SECONDS = 900;

  private final String stage;
  private final Deque<Double> losses = new ArrayDeque<>();
  private final Deque<Double> stepSeconds = new ArrayDeque<>();
  private double last;
  private boolean lossNamed;
  private boolean silenceNamed;

  /**
   * Begins a stage.
   *
   * @param seconds of some clock
   */
  TrainingHealth(String stage, double seconds) {
    this.stage = stage;
    this.last = seconds;
  }

  /** Records that a step has ended. */
  void advanced(double seconds) {
    add(stepSeconds, seconds - last);
    last = seconds;
    silenceNamed = false;
  }

  /** Records a loss, and returns what is wrong with it. */
  Optional<String> loss(long step, double loss) {
    OptionalDouble usual = losses.size() < ENOUGH ? OptionalDouble.empty() : median(losses);
    boolean above = usual.isPresent() && loss > FAR_ABOVE * Math.abs(usual.getAsDouble());
    boolean wrong = !Double.isFinite(loss) || above;
    boolean named = lossNamed;
    lossNamed = wrong;
    if (Double.isFinite(loss)) {
      add(losses, loss);
    }
    if (!wrong || named) {
      return Optional.empty();
    }
    return Optional.of(
        above && Double.isFinite(loss)
            ? String.format(
                Locale.ROOT,
                "%s, step %d: the loss (%.4g) is %.1f times its recent median (%.4g); it may be"
                    + " diverging.",
                stage,
                step,
                loss,
                loss / usual.getAsDouble(),
                usual.getAsDouble())
            : String.format(
                Locale.ROOT, "%s, step %d: the loss (%s) is not finite.", stage, step, loss));
  }

  /** Returns that no step has ended for unusually long, if so. */
  Optional<String> silence(double seconds) {
    double silent = seconds - last;
    if (silenceNamed || silent < allowedSilence()) {
      return Optional.empty();
    }
    silenceNamed = true;
    return Optional.of(
        stepSeconds.size() < ENOUGH
            ? String.format(
                Locale.ROOT, "%s: no step has ended for %.0f s; it may hang.", stage, silent)
            : String.format(
                Locale.ROOT,
                "%s: no step has ended for %.0f s, where one usually takes %.3g s; it may hang.",
                stage,
                silent,
                median(stepSeconds).getAsDouble()));
  }

  private double allowedSilence() {
    return stepSeconds.size() < ENOUGH
        ? SILENCE_AT_BEGINNING_SECONDS
        : Math.max(LEAST_SILENCE_SECONDS, LONG_SILENCE * median(stepSeconds).getAsDouble());
  }

  /** Returns for how long no step has ended. */
  double silentSeconds(double seconds) {
    return seconds - last;
  }

  private static void add(Deque<Double> recent, double value) {
    recent.addLast(value);
    if (recent.size() > RECENT) {
      recent.removeFirst();
    }
  }

  private static OptionalDouble median(Deque<Double> values) {
    return values.stream().mapToDouble(value -> value).sorted().skip(values.size() / 2).findFirst();
  }
}
