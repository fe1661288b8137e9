package org.nemotron.examples;

import org.nemotron.nas.search.Frontier;
import org.nemotron.nas.search.OutcomeJson;
import org.nemotron.nas.search.SearchOutcome;
import org.nemotron.nas.search.Sensitivity;

/**
 * What a search answers on the command line.
 *
 * @param table for people
 * @param json for programs
 * @param exitCode for shells
 */
record SearchReply(String table, String json, int exitCode) {
  private static final int FOUND = 0;
  private static final int INFEASIBLE = 2;
  private static final int UNFINISHED = 3;

  static SearchReply of(SearchOutcome outcome) {
    return new SearchReply(OutcomeTable.of(outcome), OutcomeJson.write(outcome), exitCode(outcome));
  }

  private static int exitCode(SearchOutcome outcome) {
    if (outcome instanceof SearchOutcome.Found) {
      return FOUND;
    }
    return outcome instanceof SearchOutcome.Infeasible ? INFEASIBLE : UNFINISHED;
  }

  static SearchReply of(Frontier frontier) {
    int nothing = frontier.complete() ? INFEASIBLE : UNFINISHED;
    return new SearchReply(
        BudgetTables.of(frontier),
        OutcomeJson.write(frontier),
        frontier.points().isEmpty() ? nothing : FOUND);
  }

  static SearchReply of(Sensitivity sensitivity) {
    return new SearchReply(BudgetTables.of(sensitivity), OutcomeJson.write(sensitivity), FOUND);
  }
}
