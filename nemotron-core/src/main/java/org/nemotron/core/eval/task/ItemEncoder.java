package org.nemotron.core.eval.task;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;
import org.nemotron.core.eval.GenerationRequest;
import org.nemotron.core.eval.LanguageModel;
import org.nemotron.core.eval.LikelihoodRequest;
import org.nemotron.core.text.Tokenizer;

/**
 * Turns items into requests of token ids, as the harness does.
 *
 * <p>White space at the end of a context belongs to the continuation. The continuation's tokens are
 * those of context and continuation together, behind as many as the context has alone. An empty
 * context is the prefix token: the one that begins a text or, where there is none, the one that
 * ends it. What does not fit the model is cut from the left.
 */
public final class ItemEncoder {
  private final Tokenizer tokenizer;
  private final int maxLength;
  private final BosPolicy bos;
  private final OptionalInt prefix;
  private final String prefixText;

  /**
   * @param maxLength the most tokens that the model reads at once
   * @throws IllegalArgumentException if prompts must begin with a token that the tokenizer lacks
   */
  public ItemEncoder(Tokenizer tokenizer, int maxLength, BosPolicy bos) {
    checkArgument(maxLength > 0, "maxLength (%s) must be positive", maxLength);
    checkArgument(
        bos != BosPolicy.ALWAYS || tokenizer.beginToken().isPresent(),
        "the tokenizer names no token that begins a text, which every prompt is to begin with.\n"
            + "Maybe tokenizer_config.json lacks bos_token.");
    this.tokenizer = tokenizer;
    this.maxLength = maxLength;
    this.bos = bos;
    this.prefix =
        tokenizer.beginToken().isPresent() ? tokenizer.beginToken() : tokenizer.endToken();
    this.prefixText =
        prefix.isPresent() ? tokenizer.decode(ImmutableIntArray.of(prefix.getAsInt())) : "";
  }

  /** Returns the encoder for a model. */
  public static ItemEncoder of(LanguageModel model, BosPolicy bos) {
    return new ItemEncoder(model.tokenizer(), model.maxLength(), bos);
  }

  Tokenizer tokenizer() {
    return tokenizer;
  }

  /** Returns whether prompts begin with the token that begins a text. */
  public BosPolicy bos() {
    return bos;
  }

  /**
   * Returns the requests of an item.
   *
   * @throws IllegalArgumentException if a continuation is longer than what the model reads at once,
   *     has no token of its own, or needs a prefix token that the tokenizer lacks
   */
  public EncodedItem encode(TaskItem item) {
    Question question = item.question();
    Requests requests = new Requests(item);
    if (question instanceof Question.Choices choices) {
      choices.pairs().forEach(requests::add);
      choices.withoutContext().forEach(requests::add);
    } else if (question instanceof Question.Generation generation) {
      requests.add(generation);
    } else if (question instanceof Question.Document document) {
      requests.add(document);
    }
    return requests.build();
  }

  private ImmutableIntArray encode(String text) {
    if (bos == BosPolicy.NEVER) {
      return tokenizer.encode(text);
    }
    ImmutableIntArray ids =
        !prefixText.isEmpty() && text.startsWith(prefixText)
            ? tokenizer.encode(text)
            : tokenizer.encodeWhole(text);
    int begin = tokenizer.beginToken().orElse(-1);
    return bos == BosPolicy.ALWAYS && (ids.isEmpty() || ids.get(0) != begin)
        ? ImmutableIntArray.builder().add(begin).addAll(ids).build()
        : ids;
  }

  /** Gathers the requests of one item. */
  private final class Requests {
    private final TaskItem item;
    private final Map<String, ImmutableIntArray> contexts = new HashMap<>();
    private final ImmutableList.Builder<LikelihoodRequest> likelihoods = ImmutableList.builder();
    private final ImmutableList.Builder<GenerationRequest> generations = ImmutableList.builder();
    private int truncated;
    private int empty;
    private int retokenized;

    Requests(TaskItem item) {
      this.item = item;
    }

    EncodedItem build() {
      return new EncodedItem(
          item, likelihoods.build(), generations.build(), truncated, empty, retokenized);
    }

    void add(TextPair pair) {
      if (pair.context().isEmpty()) {
        empty++;
        addBehindPrefix(tokenizer.encode(pair.continuation()));
        return;
      }
      String context = PythonText.SPACE.trimTrailingFrom(pair.context());
      ImmutableIntArray whole = encode(pair.context() + pair.continuation());
      ImmutableIntArray alone = contexts.computeIfAbsent(context, ItemEncoder.this::encode);
      int length = alone.length();
      if (length > whole.length() || !whole.subArray(0, length).equals(alone)) {
        retokenized++;
      }
      add(alone, whole.subArray(Math.min(length, whole.length()), whole.length()));
    }

    private void addBehindPrefix(ImmutableIntArray continuation) {
      int token = prefixToken();
      if (!continuation.isEmpty() && continuation.get(0) == token) {
        add(continuation.subArray(0, 1), continuation.subArray(1, continuation.length()));
      } else {
        add(ImmutableIntArray.of(token), continuation);
      }
    }

    private void add(ImmutableIntArray context, ImmutableIntArray continuation) {
      if (continuation.isEmpty()) {
        throw fault("its continuation has no token of its own");
      }
      if (context.isEmpty()) {
        throw fault("its context has no token");
      }
      if (continuation.length() > maxLength) {
        throw fault(
            "its continuation has "
                + continuation.length()
                + " tokens; the model reads at most "
                + maxLength);
      }
      // The last token is scored and never read.
      int over = context.length() + continuation.length() - (maxLength + 1);
      if (over > 0) {
        truncated++;
      }
      likelihoods.add(
          new LikelihoodRequest(
              context.subArray(Math.max(over, 0), context.length()).trimmed(),
              continuation.trimmed()));
    }

    void add(Question.Generation generation) {
      ImmutableIntArray prompt = encode(generation.prompt());
      int most = maxLength - generation.maxTokens();
      if (prompt.isEmpty() || most <= 0) {
        throw fault(
            prompt.isEmpty()
                ? "its prompt has no token"
                : "it writes up to "
                    + generation.maxTokens()
                    + " tokens, which must be fewer than the model reads ("
                    + maxLength
                    + ")");
      }
      int over = prompt.length() - most;
      if (over > 0) {
        truncated++;
      }
      generations.add(
          new GenerationRequest(
              prompt.subArray(Math.max(over, 0), prompt.length()).trimmed(),
              generation.maxTokens(),
              generation.stops()));
    }

    /** Adds the windows that score each token once: the first behind the prefix token. */
    void add(Question.Document document) {
      ImmutableIntArray ids = encode(document.text());
      int end = Math.min(maxLength, ids.length());
      if (end == 0) {
        throw fault("its text has no token");
      }
      add(ImmutableIntArray.of(prefixToken()), ids.subArray(0, end));
      while (end < ids.length()) {
        int begin = end;
        end = Math.min(begin + maxLength, ids.length());
        add(ids.subArray(end - maxLength - 1, begin), ids.subArray(begin, end));
      }
    }

    private int prefixToken() {
      return prefix.orElseThrow(
          () ->
              fault(
                  "it needs a token before its text, and the tokenizer names none that begins or"
                      + " ends a text.\nMaybe tokenizer_config.json lacks bos_token"));
    }

    private IllegalArgumentException fault(String words) {
      return new IllegalArgumentException("item " + item.index() + ": " + words);
    }
  }
}
