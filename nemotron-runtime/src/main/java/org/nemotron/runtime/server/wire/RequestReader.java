package org.nemotron.runtime.server.wire;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.nemotron.runtime.config.JsonFaults;
import org.nemotron.runtime.sampling.SamplingParams;

/**
 * Reads the bodies of requests. A field that is not known is refused, or its name logged once. Safe
 * for use by several threads.
 */
public final class RequestReader {
  private static final System.Logger LOG = System.getLogger("org.nemotron.runtime.server");

  /** Names of which the log tells at most. */
  private static final int MOST_NAMES = 1000;

  private static final int LONGEST_NAME = 80;

  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private final Defaults defaults;
  private final boolean strict;
  private final Set<String> told = ConcurrentHashMap.newKeySet();

  /**
   * What counts where a request says nothing.
   *
   * @param sampling how tokens are chosen
   * @param mostLogProbs how many likeliest tokens a request may ask for
   * @param vocabularySize how many tokens the model knows
   */
  public record Defaults(SamplingParams sampling, int mostLogProbs, int vocabularySize) {}

  /** Makes a reader that refuses unknown fields if it is {@code strict}. */
  public RequestReader(Defaults defaults, boolean strict) {
    this.defaults = defaults;
    this.strict = strict;
  }

  /** Returns the request for completions in {@code body}. */
  public CompletionRequest completion(byte[] body) {
    Fields fields = fields(body);
    CompletionRequest request = new CompletionFields(fields, defaults).read();
    checkUnknown(fields);
    return request;
  }

  /** Returns the request for a turn in {@code body}. */
  public ChatRequest chat(byte[] body) {
    Fields fields = fields(body);
    ChatRequest request = new ChatFields(fields, defaults).read();
    checkUnknown(fields);
    return request;
  }

  /** Returns the request to tokenize in {@code body}. */
  public TokenizeRequest tokenize(byte[] body) {
    Fields fields = fields(body);
    TokenizeRequest request = TokenizeRequest.read(fields);
    checkUnknown(fields);
    return request;
  }

  /** Returns the request to decode tokens in {@code body}. */
  public DetokenizeRequest detokenize(byte[] body) {
    Fields fields = fields(body);
    DetokenizeRequest request = DetokenizeRequest.read(fields);
    checkUnknown(fields);
    return request;
  }

  private static Fields fields(byte[] body) {
    JsonNode json;
    try {
      json = MAPPER.readTree(body);
    } catch (JsonProcessingException e) {
      throw ApiException.invalidJson(
          "the body must be JSON: " + JsonFaults.words(e).toLowerCase(Locale.ROOT) + place(e));
    } catch (IOException e) {
      throw ApiException.invalidJson("the body must be JSON in UTF-8: " + e.getMessage());
    }
    if (json instanceof ObjectNode object) {
      return Fields.of(object);
    }
    throw ApiException.invalidJson(
        "the body must be a JSON object, not " + (json == null ? "null" : Fields.kind(json)));
  }

  private static String place(JsonProcessingException fault) {
    return fault.getLocation() == null
        ? ""
        : " (line "
            + fault.getLocation().getLineNr()
            + ", column "
            + fault.getLocation().getColumnNr()
            + ")";
  }

  private void checkUnknown(Fields fields) {
    ImmutableSet<String> unknown = fields.unknown();
    for (String name : unknown) {
      if (strict) {
        throw ApiException.unsupported(name, name + " is not a known field");
      }
      String quoted = quoted(name);
      if (told.size() < MOST_NAMES && told.add(quoted)) {
        LOG.log(Level.WARNING, "field {0} of a request is not known: ignored", quoted);
      }
    }
  }

  /** What a caller sent does not begin a line of the log. */
  private static String quoted(String name) {
    String quoted = TextNode.valueOf(name).toString();
    return quoted.length() <= LONGEST_NAME ? quoted : quoted.substring(0, LONGEST_NAME) + "...";
  }
}
