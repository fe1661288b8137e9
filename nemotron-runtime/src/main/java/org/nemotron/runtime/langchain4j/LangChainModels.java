package org.nemotron.runtime.langchain4j;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkNotNull;

import com.google.common.collect.ImmutableList;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.langchain4j.model.TokenCountEstimator;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.request.DefaultChatRequestParameters;
import dev.langchain4j.model.language.LanguageModel;
import dev.langchain4j.model.language.StreamingLanguageModel;
import java.util.List;
import java.util.concurrent.Executor;
import org.nemotron.runtime.engine.TextGenerator;
import org.nemotron.runtime.sampling.SamplingParams;

/**
 * The models of LangChain4j that one generator serves: all share its weights, batch and KV cache.
 *
 * <pre>{@code
 * try (TextGenerator generator = TextGenerator.open(Path.of("run/child"))) {
 *   ChatModel model = LangChainModels.of(generator).chatModel();
 *   System.out.println(model.chat("Tell me a story."));
 * }
 * }</pre>
 *
 * <p>Requests are those of LangChain4j, and every parameter is honored or refused: tools where the
 * chat template shows how they are called, JSON Schema in the subset of {@link
 * org.nemotron.runtime.grammar.AnswerFormat#jsonSchema}; pictures and other models are an {@link
 * dev.langchain4j.exception.UnsupportedFeatureException}. A request that the generator refuses is
 * an {@link dev.langchain4j.exception.InvalidRequestException}, one that its engine could not
 * finish an {@link dev.langchain4j.exception.InternalServerException}; a closed generator is an
 * {@link IllegalStateException}. While the engine's queue is full, requests wait.
 *
 * <p>Immutable, as its models are; they are safe for use by several threads, and closing the
 * generator is the caller's business.
 */
@SuppressWarnings("exports") // of an optional module, which an application that uses this requires
public final class LangChainModels {
  private final TextGenerator generator;
  private final ChatRequestParameters defaults;
  private final SamplingParams sampling;
  private final ImmutableList<ChatModelListener> listeners;
  private final Executor executor;

  private LangChainModels(Builder builder) {
    this.generator = builder.generator;
    this.sampling = builder.sampling;
    this.listeners = builder.listeners;
    this.executor = builder.executor;
    this.defaults = builder.namedDefaults();
  }

  /** Returns the models of {@code generator} with default settings. */
  public static LangChainModels of(TextGenerator generator) {
    return builder(generator).build();
  }

  /** Returns a builder of models of {@code generator}. */
  public static Builder builder(TextGenerator generator) {
    return new Builder(checkNotNull(generator, "a generator must not be null"));
  }

  /** Returns the model that answers conversations. */
  public ChatModel chatModel() {
    return new GeneratorChatModel(chats(), defaults, listeners);
  }

  /**
   * Returns the model that answers conversations piece by piece. Handlers are called on a thread of
   * their own for each answer, so that a slow one delays nobody else; what they throw goes to their
   * {@code onError}, and the answer goes on. {@code StreamingHandle.cancel} ends an answer: its
   * pages of the KV cache are free after the step under way, and the handler is not called again.
   */
  public StreamingChatModel streamingChatModel() {
    return new GeneratorStreamingChatModel(chats(), defaults, listeners, executor);
  }

  /** Returns the model that continues texts, without a chat template. */
  public LanguageModel languageModel() {
    return new GeneratorLanguageModel(texts());
  }

  /**
   * Returns the model that continues texts piece by piece, without a chat template. Handlers are
   * called as {@link #streamingChatModel} calls them.
   */
  public StreamingLanguageModel streamingLanguageModel() {
    return new GeneratorStreamingLanguageModel(texts(), executor);
  }

  /**
   * Returns what counts tokens with the model's tokenizer: of a text, its tokens; of messages,
   * those of the prompt that the chat template makes of them, up to where the answer begins. Where
   * there is no template, or it refuses the messages (such as an answer without a question), those
   * of their texts.
   */
  public TokenCountEstimator tokenCountEstimator() {
    return new GeneratorTokenCounts(generator);
  }

  private ChatRequests chats() {
    return new ChatRequests(generator, sampling, defaults.modelName());
  }

  private TextRequests texts() {
    return new TextRequests(generator, new Parameters(sampling, defaults.modelName()), defaults);
  }

  /** Collects settings. Not safe for use by several threads. */
  public static final class Builder {
    private final TextGenerator generator;
    private String modelName = "nemotron";
    private ChatRequestParameters defaults = DefaultChatRequestParameters.EMPTY;
    private SamplingParams sampling = SamplingParams.builder().build();
    private ImmutableList<ChatModelListener> listeners = ImmutableList.of();
    private Executor executor = StreamThreads::start;

    private Builder(TextGenerator generator) {
      this.generator = generator;
    }

    /** Sets the name that answers have for the model; "nemotron" by default. */
    @CanIgnoreReturnValue
    public Builder modelName(String name) {
      checkNotNull(name, "the name of a model must not be null");
      checkArgument(!name.isBlank(), "the name of a model must not be blank");
      modelName = name;
      return this;
    }

    /** Sets the parameters of requests that do not set them. */
    @CanIgnoreReturnValue
    public Builder defaultRequestParameters(ChatRequestParameters parameters) {
      defaults = checkNotNull(parameters, "default parameters must not be null");
      return this;
    }

    /**
     * Sets how tokens are chosen where neither a request nor the default parameters say: seed,
     * min-p, repetition penalty and bias are set here only. By default tokens are drawn from the
     * model's own distribution, as the API of OpenAI does it; {@link SamplingParams#read} is what
     * the model's authors recommend.
     */
    @CanIgnoreReturnValue
    public Builder sampling(SamplingParams params) {
      sampling = checkNotNull(params, "the sampling must not be null");
      return this;
    }

    /** Sets what is told of the requests of both chat models, their answers and failures. */
    @CanIgnoreReturnValue
    public Builder listeners(List<ChatModelListener> told) {
      listeners = ImmutableList.copyOf(told);
      return this;
    }

    /**
     * Sets what runs the handlers of streams, one task for each answer, which lasts as long as it.
     * By default each has a thread of its own.
     */
    @CanIgnoreReturnValue
    public Builder executor(Executor runner) {
      executor = checkNotNull(runner, "an executor must not be null");
      return this;
    }

    /**
     * Returns the models.
     *
     * @throws dev.langchain4j.exception.UnsupportedFeatureException if the default parameters ask
     *     for what no request could have
     * @throws IllegalArgumentException if one of them is out of its range
     */
    public LangChainModels build() {
      LangChainModels models = new LangChainModels(this);
      models.chats().check(models.defaults);
      return models;
    }

    private ChatRequestParameters namedDefaults() {
      new Parameters(sampling, modelName).checkName(defaults);
      return defaults.overrideWith(ChatRequestParameters.builder().modelName(modelName).build());
    }
  }
}
