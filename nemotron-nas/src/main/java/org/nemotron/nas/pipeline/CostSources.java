package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.Device;
import org.nemotron.nas.cost.CostTable;
import org.nemotron.nas.cost.MemoryFormat;
import org.nemotron.nas.cost.Scenario;
import org.nemotron.nas.pipeline.CompressionPlan.CostPlan;

/**
 * The costs that were measured on other machines, by the targets that are searched with them.
 * Immutable.
 *
 * @param byTarget one entry for each target that a file is for
 */
record CostSources(ImmutableMap<String, Elsewhere> byTarget) {
  /**
   * Costs of another machine.
   *
   * @param machine in words, with formats and dates
   * @param tables one entry per scenario
   * @param speeds of whole models, as far as they were measured there
   */
  record Elsewhere(
      String machine, ImmutableList<CostTable> tables, ImmutableList<MeasuredSpeed> speeds) {
    private Elsewhere with(Elsewhere other) throws IOException {
      if (!machine.equals(other.machine)) {
        throw new IOException(
            String.format(
                "costs.elsewhere: one target has costs of two machines, %s and %s.\nMaybe make it"
                    + " two targets.",
                machine, other.machine));
      }
      return new Elsewhere(
          machine,
          ImmutableList.<CostTable>builder().addAll(tables).addAll(other.tables).build(),
          ImmutableList.<MeasuredSpeed>builder().addAll(speeds).addAll(other.speeds).build());
    }

    /** Returns how fast {@code child} is as a whole, if that was measured there. */
    Optional<SpeedMeasurement> speed(ModelSpec child, Scenario scenario) {
      return speeds.stream()
          .filter(speed -> speed.isOf(child, scenario))
          .map(MeasuredSpeed::measurement)
          .findFirst();
    }
  }

  /**
   * Reads the files that a plan names.
   *
   * @throws IOException if one is missing, damaged, or of another parent, search space or version;
   *     the message names it
   */
  static CostSources read(CompressionPlan plan, ModelSpec parent, OwnTables own)
      throws IOException {
    Map<String, Elsewhere> all = new LinkedHashMap<>();
    for (CostPlan.Elsewhere named : plan.costs().elsewhere()) {
      MeasuredCosts costs = read(named.file());
      costs.check(named.file(), parent, plan.space());
      Elsewhere read = new Elsewhere(costs.inWords(), counted(plan, costs, own), costs.speeds());
      for (String target : named.targets()) {
        Elsewhere former = all.get(target);
        all.put(target, former == null ? read : former.with(read));
      }
    }
    return new CostSources(ImmutableMap.copyOf(all));
  }

  private static MeasuredCosts read(Path file) throws IOException {
    try {
      return MeasuredCosts.read(file);
    } catch (IOException e) {
      throw new IOException("costs.elsewhere: " + e.getMessage(), e);
    }
  }

  /** With memory as the plan counts it, but as that machine serves where it counts what serves. */
  private static ImmutableList<CostTable> counted(
      CompressionPlan plan, MeasuredCosts costs, OwnTables own) {
    MemoryFormat format = plan.costs().memoryFormat();
    return own.withOwn(costs.tables()).stream()
        .map(table -> table.withMemory(format.on(Device.parse(costs.device()))))
        .collect(ImmutableList.toImmutableList());
  }

  /** Returns whether {@code target} is searched with costs of another machine. */
  boolean concern(Target target) {
    return byTarget.containsKey(target.name());
  }

  /** Returns what the report says of where costs come from, and of what was not measured there. */
  ImmutableMap<String, String> provenance() {
    ImmutableMap.Builder<String, String> all = ImmutableMap.builder();
    byTarget.forEach(
        (target, elsewhere) ->
            all.put(
                "costs of " + target,
                elsewhere.machine()
                    + (elsewhere.speeds().isEmpty()
                        ? "; the speed of whole models was not measured there, that in this report"
                            + " is this machine's"
                        : "; speeds of " + elsewhere.speeds().size() + " whole models")));
    return all.buildOrThrow();
  }
}
