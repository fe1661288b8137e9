package org.nemotron.nas.search;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * What may stand in each layer once candidates are forced and forbidden, in the order of the ids.
 *
 * <p>The fixed order makes every answer independent of the order in which candidates are listed.
 */
final class AllowedAlternatives {
  private final ImmutableList<ImmutableList<Alternative>> permitted;

  private AllowedAlternatives(ImmutableList<ImmutableList<Alternative>> permitted) {
    this.permitted = permitted;
  }

  static AllowedAlternatives of(
      ImmutableList<ImmutableList<Alternative>> layers, ImmutableList<Rule> rules) {
    ImmutableList.Builder<ImmutableList<Alternative>> permitted = ImmutableList.builder();
    for (int layer = 0; layer < layers.size(); layer++) {
      List<Alternative> here = new ArrayList<>();
      for (Alternative candidate : layers.get(layer)) {
        if (permit(rules, layer, candidate)) {
          here.add(candidate);
        }
      }
      here.sort(Comparator.comparing(Alternative::id));
      permitted.add(ImmutableList.copyOf(here));
    }
    return new AllowedAlternatives(permitted.build());
  }

  private static boolean permit(ImmutableList<Rule> rules, int layer, Alternative candidate) {
    for (Rule rule : rules) {
      if (!rule.permits(layer, candidate)) {
        return false;
      }
    }
    return true;
  }

  int layers() {
    return permitted.size();
  }

  ImmutableList<Alternative> at(int layer) {
    return permitted.get(layer);
  }
}
