package org.nemotron.nas.pipeline;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.nemotron.core.spec.SpecJson;
import org.nemotron.nas.library.BlockChoice;
import org.nemotron.nas.search.Solution;

/** The solutions of a run as JSON. */
final class SolutionFiles {
  private SolutionFiles() {}

  static String json(List<Target> targets, List<TargetSearch.Answer> answers)
      throws JsonProcessingException {
    ArrayNode all = PlanFiles.JSON.createArrayNode();
    for (int index = 0; index < answers.size(); index++) {
      TargetSearch.Answer answer = answers.get(index);
      Solution solution = answer.solution();
      ObjectNode json = all.addObject();
      json.put("target", targets.get(index).name());
      json.put("goal", targets.get(index).goal());
      json.put("batch", answer.problem().costs().scenario().batch());
      json.put("score", solution.score());
      json.put("bound", solution.bound());
      json.put("gap", solution.gap());
      json.put("seconds", answer.seconds());
      json.put("latencyFactor", answer.correction().factor(answer.problem().costs()));
      json.set("costs", PlanFiles.JSON.valueToTree(solution.costs()));
      ArrayNode layers = json.putArray("layers");
      for (BlockChoice choice : answer.architecture().choices()) {
        ObjectNode layer = layers.addObject();
        layer.put("layer", choice.layer());
        layer.put("layers", choice.layers());
        layer.put("origin", choice.origin());
        layer.set("attention", SpecJson.of(choice.spec().attention()));
        layer.set("ffn", SpecJson.of(choice.spec().ffn()));
      }
    }
    return PlanFiles.JSON.writeValueAsString(all);
  }
}
