package org.nemotron.nas.report;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.nemotron.core.spec.SpecJson;
import org.nemotron.nas.report.RunSummary.ChosenLayer;
import org.nemotron.nas.report.RunSummary.Solution;

/** The JSON form of a searched architecture: the spec of every layer, and the search's bound. */
final class SolutionJson {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private SolutionJson() {}

  static ObjectNode of(Solution solution) {
    ObjectNode node = NODES.objectNode();
    ArrayNode layers = node.putArray("layers");
    solution.layers().forEach(layer -> layers.add(layer(layer)));
    return node.put("batch", solution.batch())
        .put("score", solution.score())
        .put("bound", solution.bound())
        .put("gap", solution.gap())
        .put("seconds", solution.seconds());
  }

  private static ObjectNode layer(ChosenLayer layer) {
    ObjectNode node = NODES.objectNode();
    node.put("layer", layer.layer()).put("covers", layer.covers());
    node.set("attention", SpecJson.of(layer.spec().attention()));
    node.set("ffn", SpecJson.of(layer.spec().ffn()));
    return node.put("origin", layer.origin()).put("score", layer.score());
  }
}
