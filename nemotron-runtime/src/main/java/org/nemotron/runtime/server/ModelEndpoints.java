package org.nemotron.runtime.server;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.primitives.ImmutableIntArray;
import java.time.Instant;
import java.util.function.BooleanSupplier;
import org.nemotron.runtime.chat.ChatTemplate;
import org.nemotron.runtime.engine.Prompt;
import org.nemotron.runtime.server.wire.ApiException;
import org.nemotron.runtime.server.wire.DetokenizeRequest;
import org.nemotron.runtime.server.wire.TokenizeRequest;

/** What the API says of the model and its tokenizer. Safe for use by several threads. */
final class ModelEndpoints {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private final ServedModel model;
  private final ServerSettings settings;
  private final long created = Instant.now().getEpochSecond();

  ModelEndpoints(ServedModel model, ServerSettings settings) {
    this.model = model;
    this.settings = settings;
  }

  ObjectNode models() {
    ObjectNode json = JSON.objectNode().put("object", "list");
    ArrayNode data = json.putArray("data");
    settings.modelNames().forEach(name -> data.add(model(name)));
    return json;
  }

  ObjectNode named(String name) {
    return model(model.name(name));
  }

  private ObjectNode model(String name) {
    ObjectNode json = JSON.objectNode().put("id", name).put("object", "model");
    json.put("created", created).put("owned_by", "nemotron");
    json.put("root", settings.modelNames().get(0)).putNull("parent");
    return json.put("max_model_len", model.context());
  }

  ObjectNode tokenize(TokenizeRequest request, BooleanSupplier gone) {
    ImmutableIntArray ids = model.tokens(request.prompt(), gone);
    ObjectNode json = JSON.objectNode().put("count", ids.length());
    json.put("max_model_len", model.context());
    ArrayNode tokens = json.putArray("tokens");
    ids.forEach(tokens::add);
    if (request.tokenTexts()) {
      ArrayNode texts = json.putArray("token_strs");
      ids.forEach(id -> texts.add(model.texts().text(id)));
    } else {
      json.putNull("token_strs");
    }
    return json;
  }

  ObjectNode detokenize(DetokenizeRequest request) {
    int vocabulary = model.generator().spec().vocabularySize();
    for (int i = 0; i < request.tokens().length(); i++) {
      if (request.tokens().get(i) >= vocabulary) {
        throw ApiException.invalid(
            "tokens[" + i + "]",
            "token " + request.tokens().get(i) + " must be below " + vocabulary);
      }
    }
    String text = model.generator().tokenizer().decode(request.tokens());
    return JSON.objectNode().put("prompt", text);
  }

  /** The names are those of tokenizer_config.json. */
  ObjectNode tokenizerInfo() {
    Prompt.Encoded empty = model.generator().encode(new Prompt.Text(""));
    ObjectNode json = JSON.objectNode().put("tokenizer_class", "PreTrainedTokenizerFast");
    json.put("model_max_length", model.context());
    json.put("bos_token", empty.ids().isEmpty() ? null : model.texts().text(empty.ids().get(0)));
    json.put(
        "eos_token",
        empty.endTokens().ids().stream().findFirst().map(model.texts()::text).orElse(null));
    json.put(
        "chat_template", model.generator().chatTemplate().map(ChatTemplate::source).orElse(null));
    return json.put("vocab_size", model.generator().spec().vocabularySize());
  }

  ObjectNode metadata() {
    ObjectNode json = JSON.objectNode().put("version", ServerVersion.RELEASE);
    ArrayNode infos = json.putArray("modelInfo");
    settings
        .modelNames()
        .forEach(name -> infos.addObject().put("shortName", name).put("modelUrl", name));
    json.put("device", model.generator().settings().device().toString());
    json.put("weights", model.generator().settings().weights().toString());
    return json.put("fingerprint", model.fingerprint());
  }
}
