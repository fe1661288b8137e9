package org.nemotron.runtime.engine;

import static com.google.common.base.Preconditions.checkNotNull;

import com.google.common.base.Supplier;
import com.google.common.base.Suppliers;
import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import org.nemotron.core.checkpoint.ModelReader;
import org.nemotron.core.checkpoint.TokenizerDirectory;
import org.nemotron.core.eval.Likelihood;
import org.nemotron.core.eval.LikelihoodRequest;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.Cancellation;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.Resources;
import org.nemotron.core.text.Tokenizer;
import org.nemotron.runtime.chat.ChatMessage;
import org.nemotron.runtime.chat.ChatTemplate;
import org.nemotron.runtime.chat.ChatTemplateException;
import org.nemotron.runtime.chat.ToolConvention;
import org.nemotron.runtime.grammar.AnswerFormat;
import org.nemotron.runtime.grammar.GrammarCompiler;
import org.nemotron.runtime.metrics.EngineMetrics;
import org.nemotron.runtime.metrics.MetricsRecorder;
import org.nemotron.runtime.sampling.TokenConstraint;
import org.nemotron.runtime.sampling.TokenLogProb;
import org.nemotron.runtime.text.EndTokens;

/**
 * Generates text with a parent or a child, for many callers at a time.
 *
 * <pre>{@code
 * try (TextGenerator generator = TextGenerator.open(Path.of("run/child"))) {
 *   System.out.println(generator.generate("Once upon a time").text());
 * }
 * }</pre>
 *
 * <p>Requests of all threads join one running batch. An answer depends on its request and its seed,
 * not on the other requests; its result tells a seed that was not given. Methods that wait for an
 * answer throw a {@link GenerationFailedException} where there is none, whether the request was
 * refused or failed later.
 *
 * <p>Safe for use by several threads. Any thread may close it, which cancels the requests under
 * way. Closing twice is harmless. After close what a model is can still be read, such as its spec,
 * settings, notes and metrics; what needs the engine or the tokenizer is refused.
 */
public final class TextGenerator implements AutoCloseable {
  private final Tokenizer tokenizer;
  private final PromptEncoder prompts;
  private final EngineSettings settings;
  private final Engine engine;
  private final GenerationJobs jobs;
  private final Supplier<GrammarCompiler> grammars;
  private final MetricsRecorder metrics = new MetricsRecorder();

  private TextGenerator(
      HeterogeneousModel model,
      Tokenizer tokenizer,
      PromptEncoder prompts,
      EngineSettings settings) {
    this.prompts = prompts;
    this.settings = settings;
    try (Resources made = new Resources()) {
      this.tokenizer = made.add(tokenizer, Tokenizer::close);
      this.engine = new Engine(model, settings, metrics);
      Resources unused = made.complete();
    }
    this.grammars = Suppliers.memoize(() -> new GrammarCompiler(tokenizer.tokenBytes()));
    this.jobs = new GenerationJobs(tokenizer, prompts, engine, metrics);
  }

  /**
   * Opens the model at {@code path}, a Hugging Face directory or a GGUF file, with default
   * settings.
   *
   * @throws IOException if a file is missing or malformed, or the model is of an unsupported kind
   */
  public static TextGenerator open(Path path) throws IOException {
    return open(path, EngineSettings.defaults());
  }

  /**
   * Opens the model at {@code path}, a Hugging Face directory or a GGUF file: weights, tokenizer,
   * end tokens and, when the first conversation needs it, chat template.
   *
   * @throws IOException if a file is missing or malformed, or the model is of an unsupported kind
   * @throws IllegalArgumentException if native memory cannot hold weights and KV cache; the message
   *     names the property that allows more
   * @throws java.util.concurrent.CancellationException if this thread is interrupted
   */
  public static TextGenerator open(Path path, EngineSettings settings) throws IOException {
    checkNotNull(path, "the path of a model must not be null");
    checkNotNull(settings, "the settings of an engine must not be null");
    DType dtype = settings.device().equals(Device.CPU) ? DType.FLOAT32 : DType.BFLOAT16;
    try (HeterogeneousModel model = ModelReader.read(path, dtype, Device.CPU)) {
      return of(model, path, settings);
    }
  }

  /**
   * Returns a generator for a model in memory, so that several generators come from one reading of
   * the weights.
   *
   * @param model on the CPU, or on the GPU of the settings; its weights are packed, so that it may
   *     close afterwards
   * @param path a Hugging Face directory, or a GGUF file, with tokenizer, end tokens and chat
   *     template
   * @throws IOException if a file is missing or malformed
   */
  public static TextGenerator of(HeterogeneousModel model, Path path, EngineSettings settings)
      throws IOException {
    try (TokenizerDirectory files = TokenizerDirectory.of(path)) {
      EndTokens endTokens = EndTokens.read(files.path(), model.spec().specialTokens());
      ChatTemplateSource templates =
          files.path().equals(path)
              ? ChatTemplateSource.in(path)
              : ChatTemplateSource.ofFile(path, files.path());
      return of(model, Tokenizer.open(files.path()), endTokens, templates, settings);
    } catch (IOException e) {
      throw Cancellation.explaining(e);
    }
  }

  /**
   * Returns a generator without a chat template for a model in memory.
   *
   * @param model on the CPU, or on the GPU of the settings; its weights are packed, so that it may
   *     close afterwards
   * @param tokenizer closes with the generator, or at once where this fails
   * @param endTokens the tokens that end an answer
   */
  public static TextGenerator of(
      HeterogeneousModel model, Tokenizer tokenizer, EndTokens endTokens, EngineSettings settings) {
    return of(model, tokenizer, endTokens, ChatTemplateSource.none(), settings);
  }

  /**
   * Returns a generator for a model in memory.
   *
   * @param model on the CPU, or on the GPU of the settings; its weights are packed, so that it may
   *     close afterwards
   * @param tokenizer closes with the generator, or at once where this fails
   * @param endTokens the tokens that end an answer
   * @param template renders conversations
   */
  public static TextGenerator of(
      HeterogeneousModel model,
      Tokenizer tokenizer,
      EndTokens endTokens,
      ChatTemplate template,
      EngineSettings settings) {
    return of(model, tokenizer, endTokens, ChatTemplateSource.of(template), settings);
  }

  private static TextGenerator of(
      HeterogeneousModel model,
      Tokenizer tokenizer,
      EndTokens endTokens,
      ChatTemplateSource templates,
      EngineSettings settings) {
    PromptEncoder prompts = new PromptEncoder(tokenizer, endTokens, templates);
    return new TextGenerator(model, tokenizer, prompts, settings);
  }

  /** Returns the architecture of the model. */
  public ModelSpec spec() {
    return engine.spec();
  }

  /**
   * Returns what the engine does otherwise than its settings say, and why: a sentence for each
   * matrix that the {@linkplain EngineSettings#weights weight format} cannot hold. None for most
   * models.
   */
  public ImmutableList<String> notes() {
    return engine.notes();
  }

  /**
   * Returns whether requests are served: until this generator is closed, or an error of the virtual
   * machine, such as a full heap, ends its engine. Every request fails with that error then.
   */
  public boolean isRunning() {
    return engine.isRunning();
  }

  /** Returns the settings of the engine. */
  public EngineSettings settings() {
    return settings;
  }

  /** Returns the model's tokenizer, which closes with this generator and not before. */
  public Tokenizer tokenizer() {
    return tokenizer;
  }

  /**
   * Returns {@code prompt} as tokens: to count them, or to submit them several times.
   *
   * @throws RequestRefusedException if it is a conversation that the chat template refuses, or
   *     there is no chat template
   * @throws GenerationFailedException if the file of the chat template is malformed
   * @throws IllegalStateException if this generator is closed
   */
  public Prompt.Encoded encode(Prompt prompt) {
    checkNotNull(prompt, "a prompt must not be null");
    engine.checkOpen();
    try {
      return prompt.accept(prompts);
    } catch (ChatTemplateException e) {
      throw new RequestRefusedException(e);
    }
  }

  /**
   * Returns {@code prompt} as tokens as {@link #encode(Prompt)} does, while {@code goesOn} accepts
   * a number of tokens that it has at least; empty once it does not. So a long text that cannot
   * fit, or is not wanted any more, is not encoded to its end: what its length alone says is looked
   * at first, and then each piece of it.
   *
   * @throws RequestRefusedException if it is a conversation that the chat template refuses, or
   *     there is no chat template
   * @throws GenerationFailedException if the file of the chat template is malformed
   * @throws IllegalStateException if this generator is closed
   */
  public Optional<Prompt.Encoded> encode(Prompt prompt, IntPredicate goesOn) {
    checkNotNull(prompt, "a prompt must not be null");
    checkNotNull(goesOn, "the condition on a prompt must not be null");
    engine.checkOpen();
    try {
      return prompt.accept(new WatchedPromptEncoder(prompts, tokenizer, goesOn));
    } catch (ChatTemplateException e) {
      throw new RequestRefusedException(e);
    }
  }

  /** Returns the engine's load, latencies and counts. */
  public EngineMetrics metrics() {
    return metrics.snapshot();
  }

  /** Returns the likeliest continuation of {@code text}, by at most 256 tokens. */
  public GenerationResult generate(String text) {
    return generate(GenerationRequest.continuing(text).build());
  }

  /** Returns the answer to {@code request} when it is complete; see {@link #submit}. */
  public GenerationResult generate(GenerationRequest request) {
    return submit(request).await();
  }

  /**
   * Returns the answer to {@code request} when it is complete, and passes each piece of text to
   * {@code listener} as it comes, on this thread. An exception of the listener cancels the request,
   * and is thrown here. See {@link #submit}.
   */
  @CanIgnoreReturnValue
  public GenerationResult generate(GenerationRequest request, Consumer<String> listener) {
    Generation generation = submit(request);
    try {
      generation.pieces().forEach(listener);
    } finally {
      generation.cancel();
    }
    return generation.await();
  }

  /**
   * Returns the answer to {@code request} when it is complete, and passes each token to {@code
   * listener} as it comes, on this thread. An exception of the listener cancels the request, and is
   * thrown here. See {@link #submit}.
   */
  @CanIgnoreReturnValue
  public GenerationResult generate(GenerationRequest request, TokenListener listener) {
    return submit(request).follow(listener);
  }

  /**
   * Returns the answers to {@code requests}, which run side by side, in their order. Where one is
   * refused or fails, the others are cancelled. See {@link #submit}.
   */
  public ImmutableList<GenerationResult> generateAll(List<GenerationRequest> requests) {
    List<Generation> running = new ArrayList<>();
    try {
      requests.forEach(request -> running.add(submit(request)));
      return running.stream().map(Generation::await).collect(ImmutableList.toImmutableList());
    } finally {
      running.forEach(Generation::cancel);
    }
  }

  /**
   * Returns the model's next turn of a conversation, likeliest token by likeliest token, at most
   * 256. The model's chat template renders the messages; the turn ends at the model's end tokens
   * and at the "eos_token" of its tokenizer. {@link GenerationRequest#chat} has all other settings.
   *
   * @throws GenerationFailedException see {@link #submit}
   */
  public GenerationResult chat(List<ChatMessage> messages) {
    return generate(GenerationRequest.chat(messages).build());
  }

  /**
   * Returns what {@link #chat(List)} returns, and passes each piece of text to {@code listener} as
   * it comes, on this thread.
   */
  @CanIgnoreReturnValue
  public GenerationResult chat(List<ChatMessage> messages, Consumer<String> listener) {
    return generate(GenerationRequest.chat(messages).build(), listener);
  }

  /**
   * Starts to answer {@code request}. While {@link EngineSettings#queueCapacity} requests wait for
   * admission, this blocks; {@link #trySubmit} does not.
   *
   * @throws RequestRefusedException if the prompt is empty, is longer than the model's context, or
   *     has a token beyond the vocabulary; if the request can never fit the KV cache; or if it is a
   *     conversation that the chat template refuses, or there is no chat template
   * @throws GenerationFailedException if the file of the chat template is malformed; if an error
   *     ended the engine; or if this thread is interrupted while it waits for the queue
   * @throws IllegalStateException if this generator is closed
   */
  public Generation submit(GenerationRequest request) {
    Generation generation = engine.newGeneration();
    engine.submit(jobs.of(request, generation, RequestListener.NONE));
    return generation;
  }

  /**
   * Starts to answer {@code request} unless the queue is full: then returns empty at once, and
   * nothing has begun. A service answers such a caller with "too many requests".
   *
   * @throws GenerationFailedException as {@link #submit} does
   * @throws IllegalStateException if this generator is closed
   */
  public Optional<Generation> trySubmit(GenerationRequest request) {
    return trySubmit(request, RequestListener.NONE);
  }

  /**
   * Starts to answer {@code request} as {@link #trySubmit(GenerationRequest)} does.
   *
   * @param listener is called at each event of the request, if the engine has it
   */
  public Optional<Generation> trySubmit(GenerationRequest request, RequestListener listener) {
    Generation generation = engine.newGeneration();
    return engine.trySubmit(jobs.of(request, generation, listener))
        ? Optional.of(generation)
        : Optional.empty();
  }

  /**
   * Starts {@code count} answers to one request, or none where the queue has no room for all:
   * returns empty at once then. The prompt is read once; its full pages are shared. The seed of
   * answer i is that of the request, or one drawn now, plus i, so that greedy answers are all the
   * same. Only the first has log-probabilities of the prompt.
   *
   * @param listener is called at each event of each of them; where the queue had room for some, it
   *     may see these end as cancelled
   * @throws RequestRefusedException as {@link #submit} does
   * @throws IllegalArgumentException if there are to be none, more than the queue ever holds, or
   *     several without a new token
   */
  public Optional<ImmutableList<Generation>> trySubmit(
      GenerationRequest request, int count, RequestListener listener) {
    checkNotNull(request, "a request must not be null");
    return new Continuations(engine, jobs).trySubmit(request, count, listener);
  }

  /**
   * Starts to answer {@code request} once the queue has room, or returns empty where it stays full
   * for so long; nothing has begun then. A duration of zero or less does not wait.
   *
   * @throws GenerationFailedException as {@link #submit} does
   * @throws IllegalStateException if this generator is closed
   */
  public Optional<Generation> trySubmit(GenerationRequest request, Duration longest) {
    checkNotNull(longest, "the longest wait for the queue must not be null");
    Generation generation = engine.newGeneration();
    return engine.trySubmit(jobs.of(request, generation, RequestListener.NONE), longest)
        ? Optional.of(generation)
        : Optional.empty();
  }

  /**
   * Returns what renders conversations; empty where the model has no chat template.
   *
   * @throws GenerationFailedException if its file is malformed
   * @throws ChatTemplateException if it is not Jinja
   */
  public Optional<ChatTemplate> chatTemplate() {
    return prompts.findTemplate();
  }

  /**
   * Returns how the model calls tools, as far as its chat template shows it; empty where it is no
   * convention that is known.
   *
   * @throws RequestRefusedException if there is no chat template
   * @throws GenerationFailedException if its file is malformed
   */
  public Optional<ToolConvention> toolConvention() {
    return prompts.template().toolConvention();
  }

  /**
   * Returns the constraint of a format, for {@link GenerationRequest.Builder#constraint}: made on
   * this thread, in up to seconds for a large schema, and kept for later requests.
   *
   * @throws org.nemotron.runtime.grammar.FormatException if the format is malformed, too large, or
   *     has parts that are not supported; the message names the place
   * @throws IllegalArgumentException if the bytes of the model's tokens are not known
   */
  public TokenConstraint constraint(AnswerFormat format) {
    return grammars.get().compile(format);
  }

  /**
   * Answers two short requests, a greedy one and one that samples with log-probabilities, so that
   * code is loaded and compiled, and weights are in memory, before the first caller waits for an
   * answer. Returns when both have ended. The metrics count them; no other request shares their KV
   * cache. What {@linkplain #constraint constraints} need of the vocabulary is made ready too,
   * where the bytes of the model's tokens are known.
   *
   * @throws GenerationFailedException if they fail
   * @throws IllegalStateException if this generator is closed
   */
  public void warmUp() {
    ImmutableList<GenerationResult> unused = generateAll(WarmUp.requests(engine.spec()));
    try {
      GrammarCompiler unusedCompiler = grammars.get();
    } catch (IllegalArgumentException e) {
      System.getLogger("org.nemotron.runtime")
          .log(System.Logger.Level.DEBUG, "requests with a constraint will be refused", e);
    }
  }

  /**
   * Returns the log-probability of each token of {@code continuation} behind {@code prompt}, in
   * nats. The two are tokenized together; a token that spans both belongs to the continuation.
   *
   * @throws IllegalArgumentException if there is no token before the continuation, or none in it
   * @throws RequestRefusedException if the text is longer than the model's context, or can never
   *     fit the KV cache
   */
  public ImmutableList<TokenLogProb> score(String prompt, String continuation) {
    return new Scoring(tokenizer, engine).score(prompt, continuation);
  }

  /**
   * Returns the log-probability of each of {@code tokens} from position {@code from} on, given
   * those before it, in nats.
   *
   * @throws RequestRefusedException if the tokens are more than the model's context, or can never
   *     fit the KV cache
   * @throws GenerationFailedException if the engine could not finish, as when it is closed
   *     meanwhile
   */
  public ImmutableList<TokenLogProb> score(ImmutableIntArray tokens, int from) {
    return new Scoring(tokenizer, engine).score(tokens, from);
  }

  /** Returns what {@link #score(ImmutableIntArray, int)} returns. */
  public ImmutableList<TokenLogProb> score(int[] tokens, int from) {
    return score(ImmutableIntArray.copyOf(tokens), from);
  }

  /**
   * Returns the log-likelihood of every continuation, in their order; all are scored side by side.
   *
   * @throws GenerationFailedException as {@link #score(ImmutableIntArray, int)} does
   */
  public ImmutableList<Likelihood> logLikelihoods(List<LikelihoodRequest> requests) {
    requests.forEach(request -> checkFits(ScoreJobs.tokens(request)));
    return ScoreJobs.run(engine, requests);
  }

  private void checkFits(ImmutableIntArray scored) {
    try {
      engine.checkFits(scored.length() - 1, 0);
    } catch (IllegalArgumentException e) {
      throw new RequestRefusedException(e);
    }
  }

  /**
   * Ends the requests under way as cancelled, and gives back the memory. On the thread that
   * generates, as in a listener, that happens when the call under way has returned.
   */
  @Override
  public void close() {
    engine.close(tokenizer::close);
  }
}
