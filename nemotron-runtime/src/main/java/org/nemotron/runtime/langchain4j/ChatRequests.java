package org.nemotron.runtime.langchain4j;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import dev.langchain4j.model.chat.request.ToolChoice;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.nemotron.runtime.chat.ChatOptions;
import org.nemotron.runtime.chat.ToolConvention;
import org.nemotron.runtime.engine.Prompt;
import org.nemotron.runtime.engine.TextGenerator;
import org.nemotron.runtime.grammar.AnswerFormat;
import org.nemotron.runtime.grammar.FormatException;
import org.nemotron.runtime.sampling.SamplingParams;
import org.nemotron.runtime.sampling.TokenConstraint;

/** Requests of LangChain4j as those of a generator; what it cannot do is refused here. */
final class ChatRequests {
  private final TextGenerator generator;
  private final Parameters parameters;

  ChatRequests(TextGenerator generator, SamplingParams sampling, String modelName) {
    this.generator = generator;
    this.parameters = new Parameters(sampling, modelName);
  }

  /** Refuses default parameters that no request could have. */
  void check(ChatRequestParameters defaults) {
    parameters.check(defaults);
    if (!tools(defaults).isEmpty()) {
      ToolConvention unused = convention();
    }
  }

  ChatJob job(ChatRequest request) {
    ChatRequestParameters asked = request.parameters();
    parameters.checkName(asked);
    ImmutableList<ToolSpecification> tools = tools(asked);
    String toolsJson = SchemaJson.tools(tools);
    ChatOptions.Builder options = ChatOptions.builder();
    Optional<ToolConvention> convention = Optional.empty();
    if (!tools.isEmpty()) {
      convention = Optional.of(convention());
      options.tools(toolsJson);
    }
    return new ChatJob(
        generator,
        parameters,
        asked,
        new Prompt.Chat(Messages.of(request.messages()), options.build()),
        constraint(asked, convention, toolsJson),
        convention,
        toolsJson);
  }

  /** A model that must not call tools is shown none. */
  private static ImmutableList<ToolSpecification> tools(ChatRequestParameters asked) {
    @Nullable List<ToolSpecification> tools = asked.toolSpecifications();
    boolean none = tools == null || asked.toolChoice() == ToolChoice.NONE;
    if ((tools == null || tools.isEmpty()) && asked.toolChoice() == ToolChoice.REQUIRED) {
      throw new IllegalArgumentException("ToolChoice.REQUIRED needs a tool");
    }
    return none ? ImmutableList.of() : ImmutableList.copyOf(tools);
  }

  private ToolConvention convention() {
    return generator
        .toolConvention()
        .orElseThrow(
            () ->
                Unsupported.feature(
                    "a call of tools", "the chat template shows no way of it that is known"));
  }

  private TokenConstraint constraint(
      ChatRequestParameters asked, Optional<ToolConvention> convention, String tools) {
    Optional<AnswerFormat> format = format(asked.responseFormat());
    Optional<AnswerFormat> call = convention.map(known -> known.callOf(tools, ImmutableSet.of()));
    if (asked.toolChoice() == ToolChoice.REQUIRED) {
      format = call;
    } else if (format.isPresent() && call.isPresent()) {
      format = Optional.of(AnswerFormat.anyOf(List.of(call.orElseThrow(), format.orElseThrow())));
    }
    return format.map(this::compiled).orElse(TokenConstraint.NONE);
  }

  private TokenConstraint compiled(AnswerFormat format) {
    try {
      return generator.constraint(format);
    } catch (FormatException e) {
      throw Unsupported.feature(
          "the JSON response format, or a tool", String.valueOf(e.getMessage()));
    }
  }

  private static Optional<AnswerFormat> format(@Nullable ResponseFormat format) {
    if (format == null || format.type() == ResponseFormatType.TEXT) {
      return Optional.empty();
    }
    return Optional.of(
        format.jsonSchema() == null
            ? AnswerFormat.jsonObject()
            : AnswerFormat.jsonSchema(SchemaJson.of(format.jsonSchema().rootElement()).toString()));
  }
}
