package org.nemotron.runtime.race;

import static com.google.common.base.Preconditions.checkState;

import com.google.common.math.Quantiles;
import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.nemotron.core.backend.Backends;
import org.nemotron.core.checkpoint.ModelReader;
import org.nemotron.core.inference.ForwardBatch;
import org.nemotron.core.inference.InferenceBackend;
import org.nemotron.core.inference.InferenceModel;
import org.nemotron.core.inference.InferenceSession;
import org.nemotron.core.inference.SequenceChunk;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.runtime.engine.EngineSettings;
import org.nemotron.runtime.engine.Generation;
import org.nemotron.runtime.engine.GenerationRequest;
import org.nemotron.runtime.engine.GenerationResult;
import org.nemotron.runtime.engine.TextGenerator;

/**
 * What one request pays for the engine: the decode loop of one sequence with and without it, by the
 * same process in turns, behind the same prompt at the same positions, as a caller's clock sees it
 * from the prompt's end to the last token. Prints how much longer the engine takes, in percent: for
 * a caller who waits for the answer, and for one who is shown each piece.
 */
final class EngineOverhead {
  private static final int WARM_UPS = 3;
  private static final int PAGES = 8;

  private final TextGenerator generator;
  private final InferenceSession session;
  private final SplittableRandom random = new SplittableRandom(3);

  private EngineOverhead(TextGenerator generator, InferenceSession session) {
    this.generator = generator;
    this.session = session;
  }

  public static void main(String[] arguments) throws IOException {
    Path directory = Path.of(arguments[0]);
    int threads = Integer.parseInt(arguments[1]);
    int rounds = Integer.parseInt(arguments[2]);
    EngineSettings settings =
        EngineSettings.builder().threads(threads).prefillTokens(RaceLengths.LONG_PROMPT).build();
    int rows = settings.maxBatch() + settings.prefillTokens();
    try (HeterogeneousModel weights = ModelReader.read(directory, DType.FLOAT32, Device.CPU);
        TextGenerator generator = TextGenerator.open(directory, settings);
        InferenceBackend device = Backends.of(Device.CPU, threads);
        InferenceModel model = device.prepare(weights, settings.weights(), rows);
        InferenceSession session = model.newSession(PAGES)) {
      new EngineOverhead(generator, session).compare(rounds);
    }
  }

  private void compare(int rounds) {
    List<Double> awaited = new ArrayList<>();
    List<Double> streamed = new ArrayList<>();
    List<Double> bare = new ArrayList<>();
    for (int round = -WARM_UPS; round < rounds; round++) {
      ImmutableIntArray prompt =
          ImmutableIntArray.copyOf(
              random.ints(RaceLengths.PROMPT, 0, generator.spec().vocabularySize()));
      // The bare loop before and behind the others: a machine that gets slower or faster meanwhile
      // favors neither.
      double before = bareNanos(prompt);
      double awaitedNanos = awaitedNanos(prompt);
      double streamedNanos = streamedNanos(prompt);
      double bareNanos = (before + bareNanos(prompt)) / 2;
      if (round >= 0) {
        bare.add(bareNanos);
        awaited.add(awaitedNanos / bareNanos);
        streamed.add(streamedNanos / bareNanos);
      }
    }
    System.out.println(
        "bare " + RaceLengths.SINGLE_NEW_TOKENS * 1e9 / Quantiles.median().compute(bare));
    System.out.println("awaited " + percent(awaited));
    System.out.println("streamed " + percent(streamed));
  }

  private static double percent(List<Double> ratios) {
    return 100 * (Quantiles.median().compute(ratios) - 1);
  }

  private static GenerationRequest request(ImmutableIntArray prompt) {
    return GenerationRequest.continuing(prompt)
        .maxNewTokens(1 + RaceLengths.SINGLE_NEW_TOKENS)
        .ignoreEndTokens()
        .build();
  }

  /** The clock of the caller, less what the engine says that it took up to the first token. */
  private double awaitedNanos(ImmutableIntArray prompt) {
    long start = System.nanoTime();
    GenerationResult result = generator.generate(request(prompt));
    return behindFirst(result, System.nanoTime() - start);
  }

  private double streamedNanos(ImmutableIntArray prompt) {
    long start = System.nanoTime();
    Generation generation = generator.submit(request(prompt));
    long chars = generation.pieces().mapToLong(String::length).sum();
    GenerationResult result = generation.await();
    long taken = System.nanoTime() - start;
    checkState(chars == result.text().length(), "a piece is missing");
    return behindFirst(result, taken);
  }

  private static double behindFirst(GenerationResult result, long nanos) {
    checkState(result.tokens().length() == 1 + RaceLengths.SINGLE_NEW_TOKENS, "a token is missing");
    return nanos - result.timeToFirstToken().toNanos();
  }

  /** Steps of one token, and the likeliest next one. */
  private double bareNanos(ImmutableIntArray prompt) {
    ImmutableIntArray pages = ImmutableIntArray.copyOf(IntStream.range(0, PAGES));
    int[] next = new int[1];
    step(new SequenceChunk(pages, 0, prompt, SequenceChunk.LAST_LOGITS), next);
    long start = System.nanoTime();
    for (int token = 0; token < RaceLengths.SINGLE_NEW_TOKENS; token++) {
      int position = prompt.length() + token;
      step(
          new SequenceChunk(
              pages, position, ImmutableIntArray.of(next[0]), SequenceChunk.LAST_LOGITS),
          next);
    }
    return System.nanoTime() - start;
  }

  private void step(SequenceChunk chunk, int[] next) {
    next[0] = argmax(session.step(ForwardBatch.of(chunk)).logits(0));
  }

  private static int argmax(float[] logits) {
    int best = 0;
    for (int i = 1; i < logits.length; i++) {
      best = logits[i] > logits[best] ? i : best;
    }
    return best;
  }
}
