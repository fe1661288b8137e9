package org.nemotron.runtime.server.wire;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import org.nemotron.runtime.sampling.Sampled;
import org.nemotron.runtime.sampling.TokenLogProb;

/** Log-probabilities of a prompt's tokens in the form of vLLM: for each token a map by token id. */
final class PromptScoreShape {
  private PromptScoreShape() {}

  /**
   * Adds them to {@code json}.
   *
   * @param top how many likeliest tokens each map has, beside the prompt's own
   */
  static void add(ObjectNode json, ImmutableList<Sampled> scored, int top, TokenTexts texts) {
    ArrayNode list = json.putArray("prompt_logprobs");
    for (Sampled token : scored) {
      if (token.own().isEmpty()) { // nothing comes before the first
        list.addNull();
      } else {
        list.add(map(token, top, texts));
      }
    }
  }

  /** The rank is null where it is behind those that were asked for: it is not counted. */
  private static ObjectNode map(Sampled token, int top, TokenTexts texts) {
    ObjectNode map = JsonNodeFactory.instance.objectNode();
    int rank = 0;
    for (TokenLogProb likely : token.top()) {
      rank++;
      if (rank <= top || likely.token() == token.token()) {
        put(map, likely, texts).put("rank", rank);
      }
    }
    TokenLogProb own = token.own().get(0);
    if (!map.has(String.valueOf(own.token()))) {
      put(map, own, texts).putNull("rank");
    }
    return map;
  }

  private static ObjectNode put(ObjectNode map, TokenLogProb token, TokenTexts texts) {
    return map.putObject(String.valueOf(token.token()))
        .put("logprob", LogProbValues.finite(token.logProb()))
        .put("decoded_token", texts.text(token.token()));
  }
}
