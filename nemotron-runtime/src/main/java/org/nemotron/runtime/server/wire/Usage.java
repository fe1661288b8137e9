package org.nemotron.runtime.server.wire;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * Counts of tokens. Immutable.
 *
 * @param promptTokens of the prompts
 * @param completionTokens of the answers, with the tokens that ended them
 * @param cachedTokens how many of the prompts' were in the KV cache
 */
public record Usage(long promptTokens, long completionTokens, long cachedTokens) {
  /** Returns it as the API writes it. */
  ObjectNode json() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("prompt_tokens", promptTokens);
    json.put("completion_tokens", completionTokens);
    json.put("total_tokens", promptTokens + completionTokens);
    json.putObject("prompt_tokens_details").put("cached_tokens", cachedTokens);
    return json;
  }
}
