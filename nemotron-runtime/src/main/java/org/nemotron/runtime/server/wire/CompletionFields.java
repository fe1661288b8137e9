package org.nemotron.runtime.server.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableList;
import java.util.OptionalInt;
import org.nemotron.runtime.engine.Prompt;

/** Reads a request for completions. */
final class CompletionFields {
  private static final String PROMPT = "prompt";

  /** The default of the API of OpenAI. */
  private static final int MAX_TOKENS = 16;

  private static final int MOST_PROMPTS = 1024;

  private final Fields fields;
  private final RequestReader.Defaults defaults;

  CompletionFields(Fields fields, RequestReader.Defaults defaults) {
    this.fields = fields;
    this.defaults = defaults;
  }

  CompletionRequest read() {
    fields.refuse("suffix");
    boolean echo = fields.flag("echo", false);
    OptionalInt maxTokens = fields.whole("max_tokens", echo ? 0 : 1, Integer.MAX_VALUE);
    int topLogProbs = fields.whole("logprobs", 0, defaults.mostLogProbs()).orElse(-1);
    ImmutableList<Prompt> prompts = prompts();
    GenerationOptions options =
        new OptionFields(fields, defaults)
            .read(maxTokens.orElse(MAX_TOKENS), maxTokens.isPresent(), topLogProbs);
    int bestOf = fields.whole("best_of", 1, Integer.MAX_VALUE).orElse(options.n());
    if (bestOf != options.n()) {
      throw fields.unsupported("best_of", "(" + bestOf + ") must equal n: answers are not ranked");
    }
    return new CompletionRequest(options, prompts, echo);
  }

  /** A string, a list of strings, a list of token ids, or a list of such lists. */
  private ImmutableList<Prompt> prompts() {
    boolean specialTokens = fields.flag("add_special_tokens", true);
    JsonNode prompt = fields.get(PROMPT).orElseThrow(() -> fields.invalid(PROMPT, "is missing"));
    if (prompt.isTextual()) {
      return fields.strings(PROMPT).stream()
          .map(text -> text(text, specialTokens))
          .collect(ImmutableList.toImmutableList());
    }
    if (!prompt.isArray() || prompt.isEmpty()) {
      throw fields.invalid(
          PROMPT,
          "must be a string, a list of strings, a list of token ids, or a list of such lists, not "
              + (prompt.isArray() ? "an empty list" : Fields.kind(prompt)));
    }
    if (prompt.get(0).isNumber()) {
      return ImmutableList.of(new Prompt.Tokens(fields.ids(prompt, PROMPT)));
    }
    return several(prompt, specialTokens);
  }

  private ImmutableList<Prompt> several(JsonNode list, boolean specialTokens) {
    if (list.size() > MOST_PROMPTS) {
      throw fields.invalid(PROMPT, "must have at most " + MOST_PROMPTS + " elements");
    }
    if (list.get(0).isTextual()) {
      return fields.strings(PROMPT).stream()
          .map(text -> text(text, specialTokens))
          .collect(ImmutableList.toImmutableList());
    }
    ImmutableList.Builder<Prompt> prompts = ImmutableList.builder();
    for (int i = 0; i < list.size(); i++) {
      prompts.add(new Prompt.Tokens(fields.ids(list.get(i), PROMPT + "[" + i + "]")));
    }
    return prompts.build();
  }

  private static Prompt text(String text, boolean specialTokens) {
    return specialTokens ? new Prompt.Text(text) : new Prompt.Rendered(text);
  }
}
