package org.nemotron.runtime.server.wire;

import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.TextNode;
import com.google.common.collect.ImmutableList;
import java.util.OptionalInt;
import org.nemotron.runtime.engine.Prompt;

/** Reads a request for the next turn of a conversation. */
final class ChatFields {
  private final Fields fields;
  private final RequestReader.Defaults defaults;

  ChatFields(Fields fields, RequestReader.Defaults defaults) {
    this.fields = fields;
    this.defaults = defaults;
  }

  ChatRequest read() {
    ToolUse tools = new ToolFields(fields).read();
    Prompt.Chat conversation = new ConversationFields(fields).read(tools);
    refuseOthers();
    int maxTokens = maxTokens();
    GenerationOptions options =
        new OptionFields(fields, defaults)
            .read(maxTokens, maxTokens != GenerationOptions.TO_THE_END, topLogProbs());
    return new ChatRequest(options, conversation, tools);
  }

  /** The newer name counts where both are given. */
  private int maxTokens() {
    OptionalInt older = fields.whole("max_tokens", 1, Integer.MAX_VALUE);
    OptionalInt newer = fields.whole("max_completion_tokens", 1, Integer.MAX_VALUE);
    return newer.orElse(older.orElse(GenerationOptions.TO_THE_END));
  }

  private int topLogProbs() {
    boolean wanted = fields.flag("logprobs", false);
    OptionalInt top = fields.whole("top_logprobs", 0, defaults.mostLogProbs());
    if (top.orElse(0) > 0 && !wanted) {
      throw fields.invalid("top_logprobs", "needs logprobs: true");
    }
    return wanted ? top.orElse(0) : -1;
  }

  private void refuseOthers() {
    JsonNodeFactory json = JsonNodeFactory.instance;
    fields.refuse("functions", json.arrayNode());
    fields.refuse("function_call", TextNode.valueOf("none"), TextNode.valueOf("auto"));
    fields.refuse("modalities", json.arrayNode().add("text"));
    fields.refuse("audio");
    fields.refuse("prediction");
    fields.refuse("web_search_options");
    fields.refuse("verbosity", TextNode.valueOf("medium"));
    fields.refuse("add_special_tokens", BooleanNode.FALSE);
    fields.refuse("chat_template");
    ImmutableList.of("mm_processor_kwargs", "media_io_kwargs").forEach(fields::refuse);
  }
}
