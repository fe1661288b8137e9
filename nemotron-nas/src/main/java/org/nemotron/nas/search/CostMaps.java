package org.nemotron.nas.search;

import static com.google.common.base.Preconditions.checkNotNull;

import com.google.common.collect.ImmutableMap;
import java.util.Map;

/** Costs by name, from numbers of any type. */
final class CostMaps {
  private CostMaps() {}

  /**
   * Returns the costs as doubles, in the order of the map.
   *
   * @param where what has these costs, for messages
   */
  static ImmutableMap<String, Double> of(String where, Map<String, ? extends Number> costs) {
    ImmutableMap.Builder<String, Double> numbers =
        ImmutableMap.builderWithExpectedSize(costs.size());
    for (Map.Entry<String, ? extends Number> cost : costs.entrySet()) {
      checkNotNull(cost.getKey(), "%s: the name of a cost must not be null", where);
      Number value = cost.getValue();
      checkNotNull(value, "%s: cost %s must not be null", where, cost.getKey());
      numbers.put(cost.getKey(), value.doubleValue());
    }
    return numbers.buildOrThrow();
  }
}
