package org.nemotron.nas.search;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The alternatives that may stand in each layer under the pins of a problem, by ascending id.
 *
 * <p>The fixed order makes every answer independent of the order in which candidates are listed.
 */
final class AllowedAlternatives {
  private final ImmutableList<ImmutableList<Alternative>> allowed;

  private AllowedAlternatives(ImmutableList<ImmutableList<Alternative>> allowed) {
    this.allowed = allowed;
  }

  static AllowedAlternatives of(
      ImmutableList<ImmutableList<Alternative>> layers, ImmutableList<Rule> rules) {
    ImmutableList.Builder<ImmutableList<Alternative>> allowed = ImmutableList.builder();
    for (int layer = 0; layer < layers.size(); layer++) {
      List<Alternative> here = new ArrayList<>();
      for (Alternative candidate : layers.get(layer)) {
        if (allow(rules, layer, candidate)) {
          here.add(candidate);
        }
      }
      here.sort(Comparator.comparing(Alternative::id));
      allowed.add(ImmutableList.copyOf(here));
    }
    return new AllowedAlternatives(allowed.build());
  }

  private static boolean allow(ImmutableList<Rule> rules, int layer, Alternative candidate) {
    for (Rule rule : rules) {
      if (!rule.permits(layer, candidate)) {
        return false;
      }
    }
    return true;
  }

  int layers() {
    return allowed.size();
  }

  ImmutableList<Alternative> at(int layer) {
    return allowed.get(layer);
  }

  /** Returns the alternatives of all layers, in layer order. */
  ImmutableList<Alternative> all() {
    ImmutableList.Builder<Alternative> all = ImmutableList.builder();
    for (ImmutableList<Alternative> layer : allowed) {
      all.addAll(layer);
    }
    return all.build();
  }
}
