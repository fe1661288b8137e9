package org.nemotron.nas.pipeline;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableSet;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.SpecJson;
import org.nemotron.nas.library.Architecture;
import org.nemotron.nas.library.BlockChoice;
import org.nemotron.nas.library.Candidate;
import org.nemotron.nas.library.CandidateJson;

/**
 * Values as JSON of one form, from which fingerprints are made: equal values, equal text, whatever
 * the classes are called that hold them and in whatever order these list their components.
 */
final class CanonicalJson {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final JsonMapper SORTED =
      JsonMapper.builder().enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS).build();

  private CanonicalJson() {}

  /** Returns {@code json} as text without spaces, the keys of each object in alphabetical order. */
  static String text(JsonNode json) {
    try {
      return SORTED.writeValueAsString(SORTED.treeToValue(json, Object.class));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("JSON cannot be written", e);
    }
  }

  /** Returns a model's architecture; rotary embeddings by the frequencies that they have. */
  static ObjectNode of(ModelSpec model) {
    ObjectNode json = NODES.objectNode();
    json.put("vocabularySize", model.vocabularySize())
        .put("width", model.width())
        .put("queryHeads", model.queryHeads())
        .put("headDim", model.headDim())
        .put("rmsNormEps", model.rmsNormEps())
        .put("maxPositions", model.maxPositions())
        .put("tiedEmbeddings", model.tiedEmbeddings());
    ArrayNode frequencies = json.putArray("ropeFrequencies");
    model.rope().inverseFrequencies(model.headDim()).forEach(frequencies::add);
    json.set("specialTokens", PlanFiles.JSON.valueToTree(model.specialTokens()));
    ArrayNode blocks = json.putArray("blocks");
    model.blocks().forEach(block -> put(blocks.addObject(), block));
    return json;
  }

  /** Returns what stands in place of each layer, and where its weights come from. */
  static ArrayNode of(Architecture architecture) {
    ArrayNode json = NODES.arrayNode();
    for (BlockChoice choice : architecture.choices()) {
      ObjectNode block = json.addObject();
      block.put("layer", choice.layer()).put("layers", choice.layers());
      put(block.put("origin", choice.origin()), choice.spec());
    }
    return json;
  }

  /** Returns candidates in their order. */
  static ArrayNode of(ImmutableSet<? extends Candidate> candidates) {
    ArrayNode json = NODES.arrayNode();
    candidates.forEach(candidate -> json.add(CandidateJson.of(candidate)));
    return json;
  }

  private static void put(ObjectNode json, BlockSpec block) {
    json.set("attention", SpecJson.of(block.attention()));
    json.set("ffn", SpecJson.of(block.ffn()));
  }
}
