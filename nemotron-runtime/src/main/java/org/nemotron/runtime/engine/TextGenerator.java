package org.nemotron.runtime.engine;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.nemotron.core.checkpoint.ModelReader;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.Resources;
import org.nemotron.core.text.Tokenizer;
import org.nemotron.runtime.metrics.EngineMetrics;
import org.nemotron.runtime.metrics.MetricsRecorder;
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
 * <p>Requests of all threads join one running batch. What a request gets depends on its settings
 * and its seed, not on what else runs.
 *
 * <p>Safe for use by several threads. Any thread may close it; that ends what is under way as
 * cancelled. Closing twice is harmless; the numbers can be read after close, all else is refused.
 */
public final class TextGenerator implements AutoCloseable {
  private final Tokenizer tokenizer;
  private final EndTokens endTokens;
  private final Engine engine;
  private final MetricsRecorder metrics = new MetricsRecorder();
  private final Resources parts;

  private TextGenerator(
      HeterogeneousModel model, Tokenizer tokenizer, EndTokens endTokens, EngineSettings settings) {
    this.endTokens = endTokens;
    try (Resources made = new Resources()) {
      this.tokenizer = made.add(tokenizer, Tokenizer::close);
      this.engine = made.add(new Engine(model, settings, metrics), Engine::close);
      this.parts = made.complete();
    }
  }

  /**
   * Opens the model in {@code directory}, a Hugging Face directory, with default settings.
   *
   * @throws IOException if a file of it is missing, malformed or of a kind that is not supported
   */
  public static TextGenerator open(Path directory) throws IOException {
    return open(directory, EngineSettings.defaults());
  }

  /**
   * Opens the model in {@code directory}, a Hugging Face directory: weights and tokenizer.
   *
   * @throws IOException if a file is missing or damaged
   */
  public static TextGenerator open(Path directory, EngineSettings settings) throws IOException {
    DType dtype = settings.device().equals(Device.CPU) ? DType.FLOAT32 : DType.BFLOAT16;
    try (HeterogeneousModel model = ModelReader.read(directory, dtype, Device.CPU)) {
      EndTokens endTokens = EndTokens.read(directory, model.spec().specialTokens());
      return of(model, Tokenizer.open(directory), endTokens, settings);
    }
  }

  /**
   * Returns a generator for a model in memory.
   *
   * @param model on the CPU, or on the GPU of the settings; its weights are packed, so that it may
   *     close afterwards
   * @param tokenizer closes with the generator, or at once where this fails
   * @param endTokens what ends an answer
   */
  public static TextGenerator of(
      HeterogeneousModel model, Tokenizer tokenizer, EndTokens endTokens, EngineSettings settings) {
    return new TextGenerator(model, tokenizer, endTokens, settings);
  }

  /** Returns what the model is. */
  public ModelSpec spec() {
    return engine.spec();
  }

  /** Returns how the engine is doing. */
  public EngineMetrics metrics() {
    return metrics.snapshot();
  }

  /** Returns the likeliest continuation of {@code text}, by at most 256 tokens. */
  public GenerationResult generate(String text) {
    return generate(GenerationRequest.continuing(text).build());
  }

  /** Returns the answer to {@code request} when it is complete. */
  public GenerationResult generate(GenerationRequest request) {
    return submit(request).await();
  }

  /**
   * Returns the answer to {@code request} when it is complete, and tells {@code listener} each
   * piece of text as it comes, on this thread. What the listener throws cancels the request, and
   * comes back to the caller.
   */
  public GenerationResult generate(GenerationRequest request, Consumer<String> listener) {
    Generation generation = submit(request);
    try {
      generation.pieces().forEach(listener);
    } finally {
      generation.cancel();
    }
    return generation.await();
  }

  /** Returns the answers to {@code requests}, which run side by side, in their order. */
  public ImmutableList<GenerationResult> generateAll(List<GenerationRequest> requests) {
    ImmutableList<Generation> running =
        requests.stream().map(this::submit).collect(ImmutableList.toImmutableList());
    return running.stream().map(Generation::await).collect(ImmutableList.toImmutableList());
  }

  /**
   * Starts to answer {@code request}; waits while the queue is full.
   *
   * @throws IllegalArgumentException if the prompt is empty, is longer than the model's context,
   *     has a token beyond the vocabulary, or if the request can never fit the KV cache
   * @throws IllegalStateException if this generator is closed
   */
  public Generation submit(GenerationRequest request) {
    engine.checkOpen();
    ImmutableIntArray prompt = tokens(request.prompt());
    int room = engine.spec().maxPositions() - prompt.length() + 1;
    int maxNewTokens = Math.max(1, Math.min(request.maxNewTokens(), room));
    engine.checkFits(prompt.length(), maxNewTokens - 1);
    Generation generation = new Generation(engine::lookForCancelled);
    engine.submit(
        new GenerationJob(
            prompt,
            maxNewTokens,
            request,
            engine.spec().vocabularySize(),
            tokenizer,
            request.ignoreEndTokens() ? EndTokens.none() : endTokens,
            metrics,
            generation));
    return generation;
  }

  private ImmutableIntArray tokens(GenerationRequest.Prompt prompt) {
    if (prompt instanceof GenerationRequest.Prompt.Text plain) {
      return tokenizer.encodeWhole(plain.text());
    }
    if (prompt instanceof GenerationRequest.Prompt.Rendered rendered) {
      return tokenizer.encode(rendered.text());
    }
    return ((GenerationRequest.Prompt.Tokens) prompt).ids();
  }

  /**
   * Returns the log-probability of each token of {@code continuation} behind {@code prompt}, in
   * nats. The two are tokenized together; a token that chunks both belongs to the continuation.
   *
   * @throws IllegalArgumentException if there is no token before the continuation, or none in it,
   *     or the text is longer than the model's context
   */
  public ImmutableList<TokenLogProb> score(String prompt, String continuation) {
    engine.checkOpen();
    ImmutableIntArray tokens = tokenizer.encodeWhole(prompt + continuation);
    ImmutableIntArray before = tokenizer.encodeWhole(prompt);
    int from = 0;
    while (from < Math.min(before.length(), tokens.length())
        && before.get(from) == tokens.get(from)) {
      from++;
    }
    return score(tokens, from);
  }

  /**
   * Returns the log-probability of each of {@code tokens} from position {@code from} on, given
   * those before it, in nats.
   */
  public ImmutableList<TokenLogProb> score(ImmutableIntArray tokens, int from) {
    checkArgument(
        from > 0 && from < tokens.length(),
        "scored tokens must begin (%s) behind the first and before the end of %s",
        from,
        tokens.length());
    engine.checkFits(tokens.length() - 1, 0);
    ScoreJob job = new ScoreJob(tokens, from);
    engine.submit(job);
    return GenerationFailedException.join(job.result());
  }

  @Override
  public void close() {
    parts.close();
  }
}
