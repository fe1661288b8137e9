package org.nemotron.runtime.server.wire;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import java.util.Optional;
import org.nemotron.runtime.sampling.Sampled;
import org.nemotron.runtime.sampling.TokenLogProb;

/** Answers of completions: chunks have the same shape as whole answers. */
final class CompletionShape implements AnswerShape {
  private static final String OBJECT = "text_completion";

  private final AnswerHead head;
  private final GenerationOptions options;

  CompletionShape(AnswerHead head, GenerationOptions options) {
    this.head = head;
    this.options = options;
  }

  @Override
  public ObjectNode whole(ImmutableList<ChoicePart> parts, Usage usage, TokenTexts texts) {
    ObjectNode answer = Envelope.of(head, OBJECT);
    ArrayNode choices = answer.putArray("choices");
    for (ChoicePart part : parts) {
      fill(choices.addObject().put("index", part.index()), part, texts);
    }
    answer.set("usage", usage.json());
    return answer;
  }

  @Override
  public Optional<ObjectNode> opening(int index) {
    return Optional.empty();
  }

  @Override
  public ObjectNode chunk(ChoicePart part, TokenTexts texts) {
    ObjectNode chunk = Envelope.of(head, OBJECT);
    fill(Envelope.choice(chunk, part.index()), part, texts);
    return chunk;
  }

  @Override
  public ObjectNode usage(Usage usage) {
    return Envelope.usage(head, OBJECT, usage);
  }

  private void fill(ObjectNode choice, ChoicePart part, TokenTexts texts) {
    choice.put("text", part.text());
    if (options.logProbs()) {
      choice.set("logprobs", logProbs(part, texts));
    } else {
      choice.putNull("logprobs");
    }
    if (options.promptLogProbs() >= 0) {
      PromptScoreShape.add(choice, part.scored(), options.promptLogProbs(), texts);
    }
    Envelope.finish(choice, part);
    if (options.returnTokenIds()) {
      Envelope.tokenIds(choice, part);
    }
  }

  /** Four parallel lists over the tokens. */
  private ObjectNode logProbs(ChoicePart part, TokenTexts texts) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    ArrayNode tokens = json.putArray("tokens");
    ArrayNode values = json.putArray("token_logprobs");
    ArrayNode tops = json.putArray("top_logprobs");
    ArrayNode offsets = json.putArray("text_offset");
    int offset = part.offset();
    for (Sampled sampled : part.tokens()) {
      tokens.add(name(sampled.token(), texts));
      offsets.add(offset);
      offset += texts.length(sampled.token(), options.specialTokens());
      if (sampled.logProb().isPresent()) {
        values.add(LogProbValues.finite(sampled.logProb().getAsDouble()));
        tops.add(top(sampled, texts));
      } else { // nothing comes before the first token of a prompt
        values.addNull();
        tops.addNull();
      }
    }
    return json;
  }

  /** Of two tokens with the same text the likelier counts, which comes first. */
  private ObjectNode top(Sampled sampled, TokenTexts texts) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    for (TokenLogProb token : LogProbValues.withChosen(sampled)) {
      String name = name(token.token(), texts);
      if (!json.has(name)) {
        json.put(name, LogProbValues.finite(token.logProb()));
      }
    }
    return json;
  }

  private String name(int token, TokenTexts texts) {
    return options.tokensAsIds() ? "token_id:" + token : texts.text(token);
  }
}
