package org.nemotron.nas.search;

import com.google.common.collect.ImmutableList;
import java.util.Comparator;

/**
 * What may stand in each layer once candidates are forced and forbidden, in the order of the ids.
 *
 * <p>The fixed order makes every answer independent of the order in which candidates are listed.
 */
final class Permissions {
  private final ImmutableList<ImmutableList<Alternative>> permitted;

  private Permissions(ImmutableList<ImmutableList<Alternative>> permitted) {
    this.permitted = permitted;
  }

  static Permissions of(
      ImmutableList<ImmutableList<Alternative>> layers, ImmutableList<Rule> rules) {
    ImmutableList.Builder<ImmutableList<Alternative>> permitted = ImmutableList.builder();
    for (int layer = 0; layer < layers.size(); layer++) {
      int here = layer;
      permitted.add(
          layers.get(layer).stream()
              .filter(candidate -> rules.stream().allMatch(rule -> rule.permits(here, candidate)))
              .sorted(Comparator.comparing(Alternative::id))
              .collect(ImmutableList.toImmutableList()));
    }
    return new Permissions(permitted.build());
  }

  int layers() {
    return permitted.size();
  }

  ImmutableList<Alternative> at(int layer) {
    return permitted.get(layer);
  }
}
