package org.nemotron.runtime.server;

import java.util.Locale;
import org.nemotron.runtime.metrics.StepTokens;

/**
 * How many tokens the engine's steps read, as a histogram in the text form of Prometheus: written
 * by hand, since its library refuses a histogram whose name ends as that of vLLM does.
 */
final class StepTokensText {
  /** Buckets end at powers of two up to this. */
  private static final int MOST = 14;

  private StepTokensText() {}

  static String of(String name, String label, String model, StepTokens steps) {
    String quoted = model.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
    String labels = label + "=\"" + quoted + "\"";
    StringBuilder text = new StringBuilder();
    text.append("# TYPE ").append(name).append(" histogram\n");
    text.append("# HELP ").append(name).append(" Tokens that a step of the engine reads\n");
    long count = 0;
    for (int i = 0; i < Math.max(MOST + 1, steps.steps().length()); i++) {
      count += i < steps.steps().length() ? steps.steps().get(i) : 0;
      if (i <= MOST) {
        text.append(line(name + "_bucket", labels + ",le=\"" + (1L << i) + ".0\"", count));
      }
    }
    text.append(line(name + "_bucket", labels + ",le=\"+Inf\"", count));
    text.append(line(name + "_count", labels, count));
    return text.append(line(name + "_sum", labels, steps.tokens())).toString();
  }

  private static String line(String name, String labels, long value) {
    return String.format(Locale.ROOT, "%s{%s} %d\n", name, labels, value);
  }
}
