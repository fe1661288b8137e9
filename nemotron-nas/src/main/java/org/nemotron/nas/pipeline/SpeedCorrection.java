package org.nemotron.nas.pipeline;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableMap;
import java.util.HashMap;
import java.util.Map;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.nas.cost.CostTable;

/**
 * What whole models take, over what the sum of their parts promised. Immutable.
 *
 * @param parent measured generated tokens per second of the parent; 0 where it was not measured
 * @param factors measured time over the sum's, of an architecture near the one that is searched, by
 *     batch size; 1 for those that are not named
 * @param margin how many times as well as it must a limit on speed is to be kept, because what is
 *     measured has a spread
 */
record SpeedCorrection(double parent, ImmutableMap<Integer, Double> factors, double margin) {
  /** Nothing was measured. */
  static final SpeedCorrection NONE = new SpeedCorrection(0, ImmutableMap.of(), 1);

  SpeedCorrection {
    checkArgument(
        factors.values().stream().allMatch(factor -> factor > 0),
        "factors (%s) must be positive",
        factors);
    checkArgument(margin >= 1, "margin (%s) must be at least 1", margin);
  }

  /** Returns the factor of a batch size. */
  double factor(CostTable table) {
    return factors.getOrDefault(table.scenario().batch(), 1.0);
  }

  /** Returns the generated tokens per second that are expected of {@code child}. */
  double tokensPerSecond(CostTable table, ModelSpec child) {
    return table.tokensPerSecond(child) / factor(table);
  }

  /** Returns this, and what was measured of a child. */
  SpeedCorrection with(SpeedMeasurement measured, CostTable table, ModelSpec child) {
    Map<Integer, Double> all = new HashMap<>(factors);
    double ofParent = measured.parent().median();
    double ofChild = ofParent * measured.ratio().median();
    all.put(table.scenario().batch(), table.tokensPerSecond(child) / ofChild);
    return new SpeedCorrection(ofParent, ImmutableMap.copyOf(all), margin);
  }

  /** Returns this with another margin. */
  SpeedCorrection withMargin(double other) {
    return new SpeedCorrection(parent, factors, other);
  }
}
