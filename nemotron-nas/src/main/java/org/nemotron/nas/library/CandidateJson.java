package org.nemotron.nas.library;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.SpecJson;

/** Candidates as JSON, in the manifest and tables of a run. */
public final class CandidateJson {
  private static final String ATTENTION = "attention";
  private static final String FFN = "ffn";
  private static final String LAYERS = "layers";

  private CandidateJson() {}

  /** Returns a candidate as an object with its layer and what stands there. */
  public static ObjectNode of(Candidate candidate) {
    ObjectNode json = JsonNodeFactory.instance.objectNode().put("layer", candidate.layer());
    return candidate.accept(
        new Candidate.Visitor<>() {
          @Override
          public ObjectNode visit(Candidate.Attention attention) {
            return json.set(ATTENTION, SpecJson.of(attention.spec()));
          }

          @Override
          public ObjectNode visit(Candidate.Ffn ffn) {
            return json.set(FFN, SpecJson.of(ffn.spec()));
          }

          @Override
          public ObjectNode visit(Candidate.Block block) {
            return put(json, block.spec());
          }

          @Override
          public ObjectNode visit(Candidate.MultiLayer block) {
            return put(json.put(LAYERS, block.layers()), block.spec());
          }
        });
  }

  private static ObjectNode put(ObjectNode json, BlockSpec spec) {
    json.set(ATTENTION, SpecJson.of(spec.attention()));
    return json.set(FFN, SpecJson.of(spec.ffn()));
  }

  /**
   * Returns the candidate that {@link #of(Candidate)} wrote.
   *
   * @throws IOException if the kind of something in it is not known
   */
  public static Candidate candidate(JsonNode json) throws IOException {
    int layer = json.path("layer").asInt();
    if (!json.has(FFN)) {
      return new Candidate.Attention(layer, SpecJson.attention(json.path(ATTENTION)));
    }
    FfnSpec ffn = SpecJson.ffn(json.path(FFN));
    if (!json.has(ATTENTION)) {
      return new Candidate.Ffn(layer, ffn);
    }
    BlockSpec spec = new BlockSpec(SpecJson.attention(json.path(ATTENTION)), ffn);
    return json.has(LAYERS)
        ? new Candidate.MultiLayer(layer, json.path(LAYERS).asInt(), spec)
        : new Candidate.Block(layer, spec);
  }
}
