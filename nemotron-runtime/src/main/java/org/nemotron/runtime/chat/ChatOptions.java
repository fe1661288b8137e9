package org.nemotron.runtime.chat;

import static com.google.common.base.Preconditions.checkArgument;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a chat template is told besides the messages: tools, documents, further variables, and how
 * the prompt ends. Immutable.
 */
public final class ChatOptions {
  /** No tools, no documents; the assistant's next turn begins. */
  public static final ChatOptions DEFAULT = builder().build();

  private static final String TOOLS = "tools";
  private static final String DOCUMENTS = "documents";

  /** The variables that are set otherwise. */
  private static final ImmutableSet<String> RESERVED =
      ImmutableSet.of("messages", TOOLS, DOCUMENTS, "add_generation_prompt");

  private final ImmutableMap<String, JsonNode> variables;
  private final boolean addGenerationPrompt;
  private final boolean continueFinalMessage;

  private ChatOptions(Builder builder) {
    this.variables = ImmutableMap.copyOf(builder.variables);
    this.addGenerationPrompt = builder.addGenerationPrompt;
    this.continueFinalMessage = builder.continueFinalMessage;
  }

  /** Returns a builder of options that are the defaults so far. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns the variables by name, tools and documents among them if they were given. */
  ImmutableMap<String, JsonNode> variables() {
    return variables;
  }

  /** Returns whether there are tools. */
  boolean hasTools() {
    return variables.containsKey(TOOLS);
  }

  /** Returns whether the prompt ends where the assistant's next turn begins. */
  public boolean addGenerationPrompt() {
    return addGenerationPrompt;
  }

  /** Returns whether the prompt ends with the text of the last message. */
  public boolean continueFinalMessage() {
    return continueFinalMessage;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ChatOptions options
        && options.variables.equals(variables)
        && options.addGenerationPrompt == addGenerationPrompt
        && options.continueFinalMessage == continueFinalMessage;
  }

  @Override
  public int hashCode() {
    return Objects.hash(variables, addGenerationPrompt, continueFinalMessage);
  }

  /** Collects options. */
  public static final class Builder {
    private final Map<String, JsonNode> variables = new LinkedHashMap<>();
    private boolean addGenerationPrompt = true;
    private boolean continueFinalMessage = false;

    private Builder() {}

    /**
     * Sets the tools that the model may call.
     *
     * @param json a JSON array of JSON schemas, as the API of OpenAI has them
     * @throws IllegalArgumentException if it is not
     */
    @CanIgnoreReturnValue
    public Builder tools(String json) {
      return list(TOOLS, json);
    }

    /**
     * Sets the documents that the model answers from.
     *
     * @param json a JSON array of objects, mostly with {@code title} and {@code text}
     * @throws IllegalArgumentException if it is not
     */
    @CanIgnoreReturnValue
    public Builder documents(String json) {
      return list(DOCUMENTS, json);
    }

    private Builder list(String name, String json) {
      JsonNode parsed = ChatJson.parse(json, name);
      checkArgument(parsed.isArray(), "%s must be a JSON array, not %s", name, json);
      for (JsonNode element : parsed) {
        checkArgument(element.isObject(), "%s must be JSON objects, not %s", name, element);
      }
      variables.put(name, parsed);
      return this;
    }

    /**
     * Sets a further variable of the template, such as {@code enable_thinking}.
     *
     * @param json its value as JSON, such as {@code false}
     * @throws IllegalArgumentException if it is not JSON, or the variable is set otherwise
     */
    @CanIgnoreReturnValue
    public Builder variable(String name, String json) {
      checkArgument(
          !RESERVED.contains(name), "the variable %s is set by a method of its own", name);
      variables.put(name, ChatJson.parse(json, "the variable " + name));
      return this;
    }

    /** Sets whether the prompt ends where the assistant's next turn begins; true by default. */
    @CanIgnoreReturnValue
    public Builder addGenerationPrompt(boolean add) {
      this.addGenerationPrompt = add;
      return this;
    }

    /**
     * Sets whether the prompt ends with the text of the last message, which the model goes on with;
     * no further turn begins then.
     */
    @CanIgnoreReturnValue
    public Builder continueFinalMessage(boolean continued) {
      this.continueFinalMessage = continued;
      this.addGenerationPrompt = !continued;
      return this;
    }

    /**
     * Returns the options.
     *
     * @throws IllegalArgumentException if the last message is continued and another turn begins
     */
    public ChatOptions build() {
      checkArgument(
          !(addGenerationPrompt && continueFinalMessage),
          "a prompt that continues the last message must not begin another turn");
      return new ChatOptions(this);
    }
  }
}
