package org.nemotron.nas.report;

import com.google.common.collect.ImmutableList;
import java.util.Locale;
import java.util.stream.Collectors;
import org.nemotron.nas.report.RunSummary.TargetSummary;
import org.nemotron.nas.report.SearchRound.Step;

/** Rounds of the search in words. */
public final class SearchRoundText {
  private SearchRoundText() {}

  /** Returns what {@code round} has done, behind a name. */
  public static String sentence(String name, SearchRound round) {
    String steps =
        round.steps().isEmpty()
            ? "no exchange promises less"
            : round.steps().stream().map(SearchRoundText::step).collect(Collectors.joining("; "));
    return String.format(
        Locale.ROOT,
        "%s: KL to the parent before distillation %.3f -> %.3f nats; %s",
        name,
        round.before().startNats(),
        round.after().startNats(),
        steps);
  }

  /** Returns a sentence for each round of a target. */
  public static ImmutableList<String> sentences(TargetSummary target) {
    return target.rounds().stream()
        .map(round -> sentence(target.name() + ", round " + round.round(), round) + ".")
        .collect(ImmutableList.toImmutableList());
  }

  private static String step(Step step) {
    return String.format(
        Locale.ROOT,
        "%d of at most %d exchanged, assembled %.3f predicted and %.3f measured%s",
        step.exchanged(),
        step.most(),
        step.predictedNats(),
        step.measured().assembledNats(),
        step.taken() ? ", taken" : ", not taken");
  }
}
