package org.nemotron.runtime.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.common.collect.ImmutableList;
import com.google.common.hash.Hashing;
import com.google.common.primitives.ImmutableIntArray;
import java.util.Optional;
import org.nemotron.runtime.engine.EngineSettings;
import org.nemotron.runtime.engine.Prompt;
import org.nemotron.runtime.engine.TextGenerator;
import org.nemotron.runtime.server.wire.ApiException;
import org.nemotron.runtime.server.wire.GenerationOptions;
import org.nemotron.runtime.server.wire.TokenTexts;

/** The model that is served, and what the API says of it. Immutable. */
final class ServedModel {
  private final TextGenerator generator;
  private final TokenTexts texts;
  private final ServerSettings settings;
  private final String fingerprint;

  ServedModel(TextGenerator generator, ServerSettings settings) {
    this.generator = generator;
    this.settings = settings;
    this.texts = new TokenTexts(generator.tokenizer());
    this.fingerprint = fingerprint(generator);
  }

  /** Equal ones promise equal answers to equal seeds. */
  private static String fingerprint(TextGenerator generator) {
    EngineSettings engine = generator.settings();
    String all =
        String.join(
            "\n",
            ServerVersion.RELEASE,
            generator.spec().toString(),
            engine.device().toString(),
            engine.weights().toString());
    return "fp_" + Hashing.sha256().hashString(all, UTF_8).toString().substring(0, 16);
  }

  TextGenerator generator() {
    return generator;
  }

  TokenTexts texts() {
    return texts;
  }

  String fingerprint() {
    return fingerprint;
  }

  /** Returns how many tokens prompt and answer may have together. */
  int context() {
    return Math.min(settings.maxContext(), generator.spec().maxPositions());
  }

  /** Returns the name that an answer has for the model that a request called so. */
  String name(String asked) {
    ImmutableList<String> names = settings.modelNames();
    if (asked.isEmpty()) {
      return names.get(0);
    }
    if (!names.contains(asked)) {
      throw ApiException.noModel(asked, String.join(" or ", names));
    }
    return asked;
  }

  /** Returns the tokens that a prompt is read as. */
  Prompt.Encoded encode(Prompt prompt, int keepTokens) {
    Prompt.Encoded whole = generator.encode(prompt);
    ImmutableIntArray ids = whole.ids();
    return keepTokens == GenerationOptions.TO_THE_END || keepTokens >= ids.length()
        ? whole
        : new Prompt.Encoded(
            ids.subArray(ids.length() - keepTokens, ids.length()).trimmed(), whole.endTokens());
  }

  /** Returns the text of a prompt: as it was given, or that of its tokens. */
  String text(Prompt given, Prompt.Encoded prompt) {
    return given instanceof Prompt.Text text
        ? text.text()
        : generator.tokenizer().decodeText(prompt.ids());
  }

  /**
   * Returns how many tokens the answer to a prompt may have.
   *
   * @throws ApiException if prompt and answer exceed the context
   */
  int room(Prompt.Encoded prompt, GenerationOptions options, String field) {
    int tokens = prompt.ids().length();
    int room = context() - tokens;
    if (tokens == 0) {
      throw ApiException.invalid(field, field + " must have a token");
    }
    if (room < 1 && options.maxTokens() != 0) {
      throw tooLong(tokens, Math.max(1, options.maxTokens()), field);
    }
    if (room < 0) {
      throw tooLong(tokens, 0, field);
    }
    if (options.exactTokens() && options.maxTokens() > room) {
      throw tooLong(tokens, options.maxTokens(), field);
    }
    return options.maxTokens() == GenerationOptions.TO_THE_END
        ? room
        : Math.min(room, options.maxTokens());
  }

  private ApiException tooLong(int promptTokens, int asked, String field) {
    int room = context() - promptTokens;
    Optional<String> fewer =
        room < 1 ? Optional.empty() : Optional.of("ask for at most " + room + " tokens, or ");
    return ApiException.contextLength(
        field,
        String.format(
            "the context has %d tokens; this request wants %d: %d of the prompt and %d of the"
                + " answer.\nMaybe %sshorten the prompt.",
            context(), (long) promptTokens + asked, promptTokens, asked, fewer.orElse("")));
  }
}
