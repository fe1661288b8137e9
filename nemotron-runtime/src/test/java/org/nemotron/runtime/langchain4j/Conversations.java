package org.nemotron.runtime.langchain4j;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import java.io.IOException;
import java.util.List;
import org.nemotron.runtime.engine.TextGenerator;
import org.nemotron.runtime.sampling.SamplingParams;

/**
 * What the {@link LearnedModel} knows by heart: the conversations of LangChain4j's own tests, with
 * answers that these accept. The program writes them as tokens, one JSON object a line, which
 * train.py reads.
 */
final class Conversations {
  private static final ToolSpecification WEATHER = tool("getWeather", "city");
  private static final ToolSpecification TIME_IN = tool("getTime", "country");
  private static final ToolSpecification NOW =
      ToolSpecification.builder().name("get_current_time").build();
  private static final String MUNICH = call("getWeather", "{\"city\": \"Munich\"}");
  private static final String FRANCE = call("getTime", "{\"country\": \"France\"}");

  private Conversations() {}

  /**
   * A conversation and its answer.
   *
   * @param weight how often it is seen, beside others that begin alike
   */
  record Learned(
      List<ChatMessage> messages, List<ToolSpecification> tools, String answer, double weight) {
    Learned(List<ChatMessage> messages, List<ToolSpecification> tools, String answer) {
      this(messages, tools, answer, 1);
    }

    Learned(String question, String answer) {
      this(List.of(UserMessage.from(question)), List.of(), answer);
    }

    /** The first choice of an answer that must be JSON, and of no other. */
    Learned asJson(String json) {
      return new Learned(messages, tools, json, 0.25);
    }
  }

  private static ToolSpecification tool(String name, String property) {
    return ToolSpecification.builder()
        .name(name)
        .parameters(JsonObjectSchema.builder().addStringProperty(property).build())
        .build();
  }

  private static ToolSpecification sum(String name) {
    return ToolSpecification.builder()
        .name(name)
        .parameters(
            JsonObjectSchema.builder().addIntegerProperty("a").addIntegerProperty("b").build())
        .build();
  }

  private static String call(String name, String arguments) {
    return "<tool_call>\n{\"name\": \""
        + name
        + "\", \"arguments\": "
        + arguments
        + "}\n</tool_call>";
  }

  private static ToolExecutionRequest request(String name, String arguments) {
    return ToolExecutionRequest.builder().id("1").name(name).arguments(arguments).build();
  }

  private static Learned asked(String question, String answer, ToolSpecification... tools) {
    return new Learned(List.of(UserMessage.from(question)), List.of(tools), answer);
  }

  static ImmutableList<Learned> all() {
    String capital = "What is the capital of Germany?";
    Learned germany = new Learned(capital, "The capital of Germany is Berlin.");
    ToolExecutionRequest munich = request("getWeather", "{\"city\": \"Munich\"}");
    ToolExecutionRequest france = request("getTime", "{\"country\": \"France\"}");
    ToolExecutionRequest now = request("get_current_time", "{}");
    String time = "What is the time now? Use the get_current_time tool.";
    String both =
        "What is the weather in Munich and time in France? Call tools simultaneously (in parallel)";
    String weather = "What is the weather in Munich?";
    Learned sunny =
        new Learned(
            List.of(
                UserMessage.from(weather),
                AiMessage.from(munich),
                ToolExecutionResultMessage.from(munich, "sunny")),
            List.of(WEATHER),
            "It is sunny in Munich.");
    return ImmutableList.of(
        germany,
        germany.asJson("{\"city\": \"Berlin\"}"),
        new Learned(
            capital + " Answer with a JSON object containing a single 'city' field",
            "{\"city\": \"Berlin\"}"),
        new Learned(
            capital + " How much is 2 + 2?", "The capital of Germany is Berlin. 2 + 2 is 4."),
        new Learned(
            List.of(
                SystemMessage.from("Translate messages from user into German"),
                UserMessage.from("Translate: 'I love you'")),
            List.of(),
            "Ich liebe dich."),
        new Learned(
            List.of(
                UserMessage.from("Hi, my favorite color is green"),
                AiMessage.from("Hi, nice to meet you"),
                UserMessage.from("What is my favorite color?")),
            List.of(),
            "Your favorite color is green."),
        new Learned("Say 'Hello World'", "Hello World"),
        new Learned(
            "Tell me a long story about animals",
            "Once upon a time there was a cat. The cat had a friend, a dog. They were happy."),
        asked("hello", "Hello, how are you today?", sum("add")),
        asked("I live in Munich", MUNICH, WEATHER),
        asked("I live in Munich", MUNICH, WEATHER, sum("add_two_numbers")),
        asked(weather, MUNICH, WEATHER),
        sunny,
        sunny.asJson("{\"weather\": \"sunny\"}"),
        asked(time, call("get_current_time", "{}"), NOW),
        new Learned(
            List.of(
                UserMessage.from(time),
                AiMessage.from(now),
                ToolExecutionResultMessage.from(now, "10:14")),
            List.of(NOW),
            "It is 10:14."),
        asked(both, MUNICH + "\n" + FRANCE, WEATHER, TIME_IN),
        new Learned(
            List.of(
                UserMessage.from(both),
                AiMessage.from(munich, france),
                ToolExecutionResultMessage.from(munich, "sunny"),
                ToolExecutionResultMessage.from(france, "14:35")),
            List.of(WEATHER, TIME_IN),
            "It is sunny in Munich and 14:35 in France."));
  }

  private static ObjectNode line(TextGenerator generator, Learned learned) {
    ChatRequest request =
        ChatRequest.builder()
            .messages(learned.messages())
            .toolSpecifications(learned.tools())
            .build();
    ChatRequests requests = new ChatRequests(generator, SamplingParams.greedy(), LearnedModel.NAME);
    ObjectNode line = new ObjectMapper().createObjectNode().put("weight", learned.weight());
    ids(line, "prompt", generator.encode(requests.job(request).prompt()).ids());
    ids(line, "answer", generator.tokenizer().encode(learned.answer()));
    return line;
  }

  private static void ids(ObjectNode line, String name, ImmutableIntArray ids) {
    ids.forEach(line.putArray(name)::add);
  }

  /** Writes the conversations to the standard output. */
  public static void main(String[] args) throws IOException {
    try (TextGenerator generator = LearnedModel.untrained()) {
      all().forEach(learned -> System.out.println(line(generator, learned)));
    }
  }
}
