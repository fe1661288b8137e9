package org.nemotron.runtime.server.wire;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import com.google.common.primitives.Bytes;
import java.util.Optional;
import org.nemotron.runtime.sampling.Sampled;
import org.nemotron.runtime.sampling.TokenLogProb;

/** Answers of chat: messages as a whole, deltas in chunks. */
final class ChatShape implements AnswerShape {
  private static final String CHUNK = "chat.completion.chunk";
  private static final String CONTENT = "content";

  private final AnswerHead head;
  private final GenerationOptions options;

  ChatShape(AnswerHead head, GenerationOptions options) {
    this.head = head;
    this.options = options;
  }

  @Override
  public ObjectNode whole(ImmutableList<ChoicePart> parts, Usage usage, TokenTexts texts) {
    ObjectNode answer = Envelope.of(head, "chat.completion");
    ArrayNode choices = answer.putArray("choices");
    for (ChoicePart part : parts) {
      ObjectNode choice = choices.addObject().put("index", part.index());
      ObjectNode message = choice.putObject("message").put("role", "assistant");
      boolean callsOnly = part.text().isEmpty() && !part.calls().isEmpty();
      message.put(CONTENT, callsOnly ? null : part.text()).putNull("refusal");
      ToolCallShape.addWhole(message, part.calls());
      complete(choice, part, texts);
    }
    if (options.promptLogProbs() >= 0) {
      PromptScoreShape.add(answer, parts.get(0).scored(), options.promptLogProbs(), texts);
    }
    answer.set("usage", usage.json());
    return answer;
  }

  @Override
  public Optional<ObjectNode> opening(int index) {
    ObjectNode chunk = Envelope.of(head, CHUNK);
    ObjectNode choice = Envelope.choice(chunk, index);
    choice.putObject("delta").put("role", "assistant").put(CONTENT, "");
    choice.putNull("logprobs").putNull("finish_reason");
    return Optional.of(chunk);
  }

  @Override
  public ObjectNode chunk(ChoicePart part, TokenTexts texts) {
    ObjectNode chunk = Envelope.of(head, CHUNK);
    ObjectNode choice = Envelope.choice(chunk, part.index());
    ObjectNode delta = choice.putObject("delta");
    if (!part.text().isEmpty()) {
      delta.put(CONTENT, part.text());
    }
    ToolCallShape.addDeltas(delta, part.calls());
    complete(choice, part, texts);
    return chunk;
  }

  @Override
  public ObjectNode usage(Usage usage) {
    return Envelope.usage(head, CHUNK, usage);
  }

  private void complete(ObjectNode choice, ChoicePart part, TokenTexts texts) {
    if (options.logProbs()) {
      ObjectNode logProbs = choice.putObject("logprobs");
      ArrayNode content = logProbs.putArray(CONTENT);
      part.tokens().forEach(token -> content.add(logProb(token, texts)));
      logProbs.putNull("refusal");
    } else {
      choice.putNull("logprobs");
    }
    Envelope.finish(choice, part);
    if (options.returnTokenIds()) {
      Envelope.tokenIds(choice, part);
    }
  }

  private ObjectNode logProb(Sampled sampled, TokenTexts texts) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    fill(json, sampled.token(), sampled.logProb().orElse(0), texts);
    ArrayNode tops = json.putArray("top_logprobs");
    for (TokenLogProb top : sampled.top()) {
      fill(tops.addObject(), top.token(), top.logProb(), texts);
    }
    return json;
  }

  private void fill(ObjectNode json, int token, double logProb, TokenTexts texts) {
    String text = texts.text(token);
    json.put("token", options.tokensAsIds() ? "token_id:" + token : text);
    json.put("logprob", LogProbValues.finite(logProb));
    ArrayNode bytes = json.putArray("bytes");
    Bytes.asList(texts.bytes(token)).forEach(value -> bytes.add(value & 0xFF));
  }
}
