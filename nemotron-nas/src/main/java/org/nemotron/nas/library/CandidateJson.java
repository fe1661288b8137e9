package org.nemotron.nas.library;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.SpecJson;

/** Candidates as JSON, in the manifest and tables of a run. */
public final class CandidateJson {
  private CandidateJson() {}

  /** Returns a candidate as an object with its layer and what stands there. */
  public static ObjectNode of(Candidate candidate) {
    ObjectNode json = JsonNodeFactory.instance.objectNode().put("layer", candidate.layer());
    return candidate.accept(
        new Candidate.Visitor<>() {
          @Override
          public ObjectNode visit(Candidate.Attention attention) {
            return json.set("attention", SpecJson.of(attention.spec()));
          }

          @Override
          public ObjectNode visit(Candidate.Ffn ffn) {
            return json.set("ffn", SpecJson.of(ffn.spec()));
          }

          @Override
          public ObjectNode visit(Candidate.Whole whole) {
            json.put("covers", whole.covers());
            json.set("attention", SpecJson.of(whole.spec().attention()));
            return json.set("ffn", SpecJson.of(whole.spec().ffn()));
          }
        });
  }

  /**
   * Returns the candidate that {@link #of(Candidate)} wrote.
   *
   * @throws IOException if the kind of something in it is not known
   */
  public static Candidate candidate(JsonNode json) throws IOException {
    int layer = json.path("layer").asInt();
    if (json.has("covers")) {
      BlockSpec spec =
          new BlockSpec(SpecJson.attention(json.path("attention")), SpecJson.ffn(json.path("ffn")));
      return new Candidate.Whole(layer, json.path("covers").asInt(), spec);
    }
    return json.has("attention")
        ? new Candidate.Attention(layer, SpecJson.attention(json.path("attention")))
        : new Candidate.Ffn(layer, SpecJson.ffn(json.path("ffn")));
  }
}
