package org.nemotron.nas.report;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.nas.report.RunSummary.ChosenLayer;
import org.nemotron.nas.report.RunSummary.Solution;

/** The JSON form of a searched architecture: the spec of every layer, and what was proven of it. */
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
    node.set("attention", layer.spec().attention().accept(new AttentionJson()));
    node.set("ffn", layer.spec().ffn().accept(new FfnJson()));
    return node.put("origin", layer.origin()).put("score", layer.score());
  }

  private static ObjectNode kind(String kind) {
    return NODES.objectNode().put("kind", kind);
  }

  private static final class AttentionJson implements AttentionSpec.Visitor<ObjectNode> {
    @Override
    public ObjectNode visit(AttentionSpec.GroupedQuery attention) {
      return kind("groupedQuery")
          .put("queryHeads", attention.queryHeads())
          .put("kvHeads", attention.kvHeads())
          .put("headDim", attention.headDim());
    }

    @Override
    public ObjectNode visit(AttentionSpec.Linear attention) {
      return kind("linear");
    }

    @Override
    public ObjectNode visit(AttentionSpec.NoOp attention) {
      return kind("noOp");
    }
  }

  private static final class FfnJson implements FfnSpec.Visitor<ObjectNode> {
    @Override
    public ObjectNode visit(FfnSpec.Gated ffn) {
      return kind("gated").put("channels", ffn.channels());
    }

    @Override
    public ObjectNode visit(FfnSpec.Linear ffn) {
      return kind("linear");
    }

    @Override
    public ObjectNode visit(FfnSpec.NoOp ffn) {
      return kind("noOp");
    }
  }
}
