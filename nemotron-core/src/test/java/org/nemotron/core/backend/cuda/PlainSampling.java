package org.nemotron.core.backend.cuda;

import com.google.common.collect.ImmutableSet;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.nemotron.core.inference.TokenSampling;

/** The choice of a token by sorting, in double precision. */
final class PlainSampling {
  /** How far a share may lie from the border between two tokens. */
  private static final double EPSILON = 1e-4;

  private PlainSampling() {}

  /** Returns the tokens that {@code choice} may give: one, but for shares next to a border. */
  static ImmutableSet<Integer> tokens(float[] logits, TokenSampling choice) {
    ImmutableSet.Builder<Integer> tokens = ImmutableSet.builder();
    for (double topP : new double[] {-EPSILON, 0, EPSILON}) {
      List<Integer> kept = kept(logits, choice, choice.topP() == 1 ? 1 : choice.topP() + topP);
      for (double share : new double[] {-EPSILON, 0, EPSILON}) {
        tokens.add(draw(logits, choice, kept, choice.share() + share));
      }
    }
    return tokens.build();
  }

  private static double weight(float[] logits, TokenSampling choice, int token) {
    return Math.exp(logits[token] / choice.temperature());
  }

  private static List<Integer> kept(float[] logits, TokenSampling choice, double topP) {
    List<Integer> order =
        IntStream.range(0, logits.length)
            .boxed()
            .sorted(Comparator.<Integer>comparingDouble(token -> -logits[token]))
            .collect(Collectors.toList());
    if (choice.topK() > 0) {
      float least = logits[order.get(Math.min(choice.topK(), logits.length) - 1)];
      order.removeIf(token -> logits[token] < least);
    }
    double goal = topP * order.stream().mapToDouble(t -> weight(logits, choice, t)).sum();
    double reached = 0;
    int count = 0;
    while (count < order.size() && reached < goal) {
      reached += weight(logits, choice, order.get(count++));
    }
    List<Integer> head = choice.topP() < 1 ? order.subList(0, Math.max(1, count)) : order;
    double floor = choice.minP() * weight(logits, choice, order.get(0));
    return head.stream().filter(token -> weight(logits, choice, token) >= floor).sorted().toList();
  }

  private static int draw(float[] logits, TokenSampling choice, List<Integer> kept, double share) {
    double goal = share * kept.stream().mapToDouble(token -> weight(logits, choice, token)).sum();
    double reached = 0;
    for (int token : kept) {
      reached += weight(logits, choice, token);
      if (reached > goal) {
        return token;
      }
    }
    return kept.get(kept.size() - 1);
  }
}
