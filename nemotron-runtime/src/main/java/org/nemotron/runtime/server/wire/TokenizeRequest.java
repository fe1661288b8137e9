package org.nemotron.runtime.server.wire;

import org.nemotron.runtime.engine.Prompt;

/**
 * A request to tokenize. Immutable.
 *
 * @param prompt what is tokenized
 * @param tokenTexts whether the text of each token is wanted too
 */
public record TokenizeRequest(Prompt prompt, boolean tokenTexts) {
  static TokenizeRequest read(Fields fields) {
    fields.ignore("model");
    boolean texts = fields.flag("return_token_strs", false);
    if (fields.has("messages")) {
      if (fields.flag("add_special_tokens", false)) {
        throw fields.unsupported("add_special_tokens", "is not supported beside messages");
      }
      fields.refuse("chat_template");
      return new TokenizeRequest(
          new ConversationFields(fields).read(new ToolFields(fields).read()), texts);
    }
    String text =
        fields
            .string("prompt")
            .orElseThrow(() -> fields.invalid("prompt", "is missing, and so is messages"));
    boolean whole = fields.flag("add_special_tokens", true);
    return new TokenizeRequest(whole ? new Prompt.Text(text) : new Prompt.Rendered(text), texts);
  }
}
