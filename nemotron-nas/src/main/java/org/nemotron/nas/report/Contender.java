package org.nemotron.nas.report;

import com.google.common.collect.ImmutableList;
import org.nemotron.nas.report.RunSummary.ModelFigures;
import org.nemotron.nas.report.RunSummary.TargetSummary;

/** A measured model and its role: one line of a comparison, one point of a chart. */
public record Contender(Role role, ModelFigures figures) {
  /** Returns whether the baseline found no architecture, so that its figures are not its own. */
  public boolean foundNone() {
    return figures.name().startsWith(role.standIn(""));
  }

  /** Returns the name in tables, for example {@code greedy} or {@code greedy: found none}. */
  public String label() {
    return foundNone() ? role.label() + ": found none" : role.label();
  }

  /** Returns a target's child, then what it is compared with. */
  public static ImmutableList<Contender> of(TargetSummary target) {
    return ImmutableList.of(
        new Contender(Role.CHILD, target.child()),
        new Contender(Role.ASSEMBLED, target.childBeforeDistillation()),
        new Contender(Role.GREEDY, target.greedy()),
        new Contender(Role.RANDOM, target.random()),
        new Contender(Role.UNTRAINED, target.untrained()));
  }

  /** Returns the child of {@code target} by name, without the word "child" twice. */
  public static String childName(TargetSummary target) {
    return target.name().startsWith("child") ? target.name() : "child " + target.name();
  }
}
