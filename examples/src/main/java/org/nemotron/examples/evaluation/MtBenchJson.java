package org.nemotron.examples.evaluation;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.nemotron.core.eval.mtbench.GradeSummary;
import org.nemotron.core.eval.mtbench.Grades;
import org.nemotron.core.eval.mtbench.PairSummary;
import org.nemotron.core.eval.mtbench.Verdicts;
import org.nemotron.core.eval.stats.Bootstrap;
import org.nemotron.core.eval.stats.PairedComparison;

/** Results of MT-Bench as JSON. What is no number is null. */
final class MtBenchJson {
  private MtBenchJson() {}

  static ObjectNode of(MtBenchResult result) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("graded", !result.grades().isEmpty());
    ArrayNode models = json.putArray("models");
    for (int i = 0; i < result.answers().size(); i++) {
      ObjectNode model = answers(result.answers().get(i));
      models.add(model);
      if (!result.grades().isEmpty()) {
        putGrades(model, result.grades().get(i));
      }
    }
    ArrayNode comparisons = json.putArray("comparisons");
    for (int i = 1; i < result.grades().size(); i++) {
      ObjectNode comparison = comparison(result.grades().get(0), result.grades().get(i));
      comparisons.add(comparison);
      if (!result.verdicts().isEmpty()) {
        putVerdicts(comparison, result.verdicts().get(i - 1));
      }
    }
    return json;
  }

  private static ObjectNode answers(MtBenchResult.Answers answers) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("model", answers.model())
        .put("questions", answers.answers().size())
        .put("answers", answers.turns())
        .put("unfinished", answers.unfinished())
        .put("empty", answers.empty())
        .put("promptsCut", answers.promptsCut());
  }

  private static void putGrades(ObjectNode model, Grades grades) {
    model.put("judge", grades.judge()).put("dates", grades.dates());
    ArrayNode each = model.putArray("grades");
    for (GradeSummary one : GradeSummary.of(grades)) {
      ObjectNode node =
          each.addObject()
              .put("category", one.category())
              .put("questions", one.questions())
              .put("grades", one.grades())
              .put("ungraded", one.ungraded());
      ResultJson.putNumber(node, "mean", one.mean());
      ResultJson.putNumber(node, "standardError", one.standardError());
      ResultJson.putNumber(node, "firstTurn", one.firstTurn());
      ResultJson.putNumber(node, "laterTurns", one.laterTurns());
    }
  }

  private static ObjectNode comparison(Grades parent, Grades child) {
    ObjectNode json =
        JsonNodeFactory.instance
            .objectNode()
            .put("parent", parent.model())
            .put("child", child.model());
    parent
        .with(child)
        .ifPresent(items -> putGrades(json, PairedComparison.of(items, Bootstrap.USUAL)));
    return json;
  }

  private static void putGrades(ObjectNode json, PairedComparison grades) {
    json.put("questions", grades.n());
    ResultJson.putNumber(json, "parentMean", grades.parent());
    ResultJson.putNumber(json, "childMean", grades.child());
    json.set("difference", ComparisonText.json(grades.difference()));
    json.set("preserved", ComparisonText.json(grades.preserved()));
    ResultJson.putNumber(json, "smallestDetectable", grades.smallestDetectable());
  }

  private static void putVerdicts(ObjectNode comparison, Verdicts verdicts) {
    comparison.put("judge", verdicts.judge()).put("dates", verdicts.dates());
    ArrayNode pairs = comparison.putArray("pairs");
    for (PairSummary one : PairSummary.of(verdicts, Bootstrap.USUAL)) {
      ObjectNode node =
          pairs
              .addObject()
              .put("category", one.category())
              .put("wins", one.wins())
              .put("ties", one.ties())
              .put("losses", one.losses())
              .put("contradictory", one.contradictory())
              .put("undecided", one.undecided());
      node.set("winRate", ComparisonText.json(one.winRate()));
      ResultJson.putNumber(node, "firstPlace", one.firstPlace());
    }
  }
}
