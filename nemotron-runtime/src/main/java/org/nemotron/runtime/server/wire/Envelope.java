package org.nemotron.runtime.server.wire;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.nemotron.runtime.engine.Stop;

/** The envelope of answers and chunks. */
final class Envelope {
  private Envelope() {}

  /** Returns the fields that all have; the choices follow. */
  static ObjectNode of(AnswerHead head, String object) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("id", head.id()).put("object", object).put("created", head.created());
    json.put("model", head.model()).put("system_fingerprint", head.fingerprint());
    return json;
  }

  /** Returns a chunk without choices that has the counts. */
  static ObjectNode usage(AnswerHead head, String object, Usage usage) {
    ObjectNode json = of(head, object);
    json.putArray("choices");
    json.set("usage", usage.json());
    return json;
  }

  /** Adds the only choice of a chunk. */
  static ObjectNode choice(ObjectNode chunk, int index) {
    ArrayNode choices = chunk.putArray("choices");
    return choices.addObject().put("index", index);
  }

  /** Adds the token ids of a part. */
  static void tokenIds(ObjectNode choice, ChoicePart part) {
    ArrayNode prompt = choice.putArray("prompt_token_ids");
    part.prompt().forEach(prompt::add);
    ArrayNode ids = choice.putArray("token_ids");
    part.tokens().forEach(token -> ids.add(token.token()));
  }

  static void finish(ObjectNode choice, ChoicePart part) {
    choice.put("finish_reason", part.finish().isEmpty() ? null : part.finish());
    if (part.finish().isEmpty()) {
      return;
    }
    if (part.stop() instanceof Stop.Text stop) {
      choice.put("stop_reason", stop.text());
    } else if (part.stop() instanceof Stop.Token stop) {
      choice.put("stop_reason", stop.id());
    } else {
      choice.putNull("stop_reason");
    }
  }
}
