package org.nemotron.runtime.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.common.collect.ImmutableList;
import com.google.common.hash.Hashing;
import com.google.common.primitives.ImmutableIntArray;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.nemotron.runtime.chat.ChatTemplate;
import org.nemotron.runtime.chat.ToolConvention;
import org.nemotron.runtime.engine.EngineSettings;
import org.nemotron.runtime.engine.Prompt;
import org.nemotron.runtime.engine.TextGenerator;
import org.nemotron.runtime.server.wire.ApiException;
import org.nemotron.runtime.server.wire.GenerationOptions;
import org.nemotron.runtime.server.wire.TokenTexts;
import org.nemotron.runtime.server.wire.ToolUse;

/** The model that is served, and what the API says of it. Immutable. */
final class ServedModel {
  /** As many as fit a page of the KV cache, and more than the context of no model. */
  private static final int PROBE_TOKENS = 24;

  /** Up to so many tokens of a prompt are counted, for a sentence that has their number. */
  private static final int COUNTED_TOKENS = 1 << 14;

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

  /**
   * Equal ones promise equal answers to equal seeds. The log-probabilities of a few tokens stand
   * for the weights and for how this machine computes with them: every matrix of a layer and the
   * head have a part in them, and of the input embeddings the rows of these tokens.
   */
  private static String fingerprint(TextGenerator generator) {
    EngineSettings engine = generator.settings();
    int vocabulary = generator.spec().vocabularySize();
    int[] tokens =
        IntStream.range(0, Math.min(PROBE_TOKENS, generator.spec().maxPositions()))
            .map(i -> Math.floorMod(i * 0x9E3779B1, vocabulary))
            .toArray();
    String probe =
        generator.score(tokens, 1).stream()
            .map(score -> Long.toHexString(Double.doubleToLongBits(score.logProb())))
            .collect(Collectors.joining(","));
    String all =
        String.join(
            "\n",
            ServerVersion.RELEASE,
            generator.spec().toString(),
            engine.device().toString(),
            engine.weights().toString(),
            probe);
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

  /**
   * Returns the tokens that a prompt is read as.
   *
   * @param field that has the prompt
   * @param gone whether nobody waits for the answer any more
   * @throws ApiException if it is a conversation, and the model has no chat template; if it is a
   *     long text that cannot fit the context; or if nobody waits
   */
  Prompt.Encoded encode(Prompt prompt, int keepTokens, String field, BooleanSupplier gone) {
    int most =
        keepTokens == GenerationOptions.TO_THE_END
            ? Math.max(context(), COUNTED_TOKENS)
            : Integer.MAX_VALUE;
    Prompt.Encoded whole = encode(prompt, most, field, gone, new AtomicInteger());
    ImmutableIntArray ids = whole.ids();
    return keepTokens == GenerationOptions.TO_THE_END || keepTokens >= ids.length()
        ? whole
        : new Prompt.Encoded(
            ids.subArray(ids.length() - keepTokens, ids.length()).trimmed(), whole.endTokens());
  }

  /** Returns all tokens of a prompt, however many they are. */
  ImmutableIntArray tokens(Prompt prompt, BooleanSupplier gone) {
    return encode(prompt, Integer.MAX_VALUE, "prompt", gone, new AtomicInteger()).ids();
  }

  private Prompt.Encoded encode(
      Prompt prompt, int most, String field, BooleanSupplier gone, AtomicInteger counted) {
    if (prompt instanceof Prompt.Chat && generator.chatTemplate().isEmpty()) {
      throw ApiException.invalid(
          "messages",
          "the model "
              + settings.modelNames().get(0)
              + " has no chat template.\n"
              + "Maybe it was not trained on conversations: let it continue a text, by"
              + " /v1/completions.");
    }
    return generator
        .encode(
            prompt,
            tokens -> {
              if (gone.getAsBoolean()) {
                throw ApiException.fault("the caller has left");
              }
              counted.set(tokens);
              return tokens <= most;
            })
        .orElseThrow(
            () ->
                ApiException.contextLength(
                    field,
                    String.format(
                        "the context has %d tokens; the prompt has at least %d.\n"
                            + "Maybe shorten the prompt.",
                        context(), counted.get())));
  }

  /**
   * Returns how the model calls the tools of a request; empty where it has none.
   *
   * @throws ApiException if it is not known how
   */
  Optional<ToolConvention> convention(ToolUse tools) {
    if (!tools.isOn()) {
      return Optional.empty();
    }
    Optional<ToolConvention> known = generator.chatTemplate().flatMap(ChatTemplate::toolConvention);
    if (known.isEmpty()) {
      throw ApiException.unsupported(
          "tools",
          "tools are not supported by the chat template of the model "
              + settings.modelNames().get(0)
              + ": it shows none of the ways to call them that are known here (Llama 3.1,"
              + " Hermes and Qwen)");
    }
    return known;
  }

  /** Returns the text of a prompt: as it was given, or that of its tokens. */
  String text(Prompt given, Prompt.Encoded prompt, boolean specialTokens) {
    if (given instanceof Prompt.Text text) {
      return text.text();
    }
    return specialTokens
        ? generator.tokenizer().decode(prompt.ids())
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
