package org.nemotron.nas.pipeline;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.nio.file.Path;
import org.nemotron.core.data.SourceCounts;
import org.nemotron.core.provenance.Fingerprint;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.Resources;
import org.nemotron.core.tensor.Seed;
import org.nemotron.core.text.TextFiles;
import org.nemotron.core.text.TokenBatches;
import org.nemotron.core.text.TokenCorpus;
import org.nemotron.core.text.TokenWindows;
import org.nemotron.core.text.Tokenizer;

/**
 * The tokens that a run learns from and measures on.
 *
 * @param training windows to learn from, by source
 * @param weights of the sources
 * @param trainingFingerprint of all that the training windows are
 * @param validation for scores and the choice of the best child
 * @param heldOut what the report measures on
 * @param names of the held-out texts
 * @param sources what was read of documents; none for plain texts
 * @param open what has to be closed at the end
 */
record RunText(
    ImmutableList<TokenWindows> training,
    ImmutableList<Double> weights,
    Fingerprint trainingFingerprint,
    TokenCorpus validation,
    ImmutableList<TokenCorpus> heldOut,
    ImmutableList<String> names,
    ImmutableList<SourceCounts> sources,
    Resources open)
    implements AutoCloseable {

  // A token is about four bytes of text; reading eight times as much leaves room for sparse text.
  private static final int BYTES_PER_TOKEN = 8;

  /**
   * Checks what can be seen before anything is read.
   *
   * @throws IllegalArgumentException if a window is longer than the parent's context
   */
  static void checkWindows(CompressionPlan.DataPlan data, ModelSpec parent) {
    checkWindow("data.windowTokens", data.windowTokens(), parent);
    checkWindow("data.heldOutWindowTokens", data.heldOutWindowTokens(), parent);
  }

  private static void checkWindow(String key, int tokens, ModelSpec parent) {
    checkArgument(
        tokens <= parent.maxPositions(),
        "%s (%s) must be at most %s, the parent's context",
        key,
        tokens,
        parent.maxPositions());
  }

  /** Reads the plan's texts into memory; the last part of each is kept for validation. */
  static RunText ofTexts(CompressionPlan plan, ModelSpec parent, Tokenizer tokenizer)
      throws IOException {
    int files = plan.inputs().texts().size();
    CompressionPlan.DataPlan data = plan.data();
    ImmutableIntArray.Builder training = ImmutableIntArray.builder();
    ImmutableIntArray.Builder validation = ImmutableIntArray.builder();
    for (Path file : plan.inputs().texts()) {
      long wanted = (data.trainingTokens() + data.validationTokens()) / files;
      TokenCorpus corpus = encode(file, parent, tokenizer, wanted);
      int kept = Math.min(data.validationTokens() / files, corpus.length() / 4);
      training.addAll(corpus.tokens(0, corpus.length() - kept));
      validation.addAll(corpus.tokens(corpus.length() - kept, corpus.length()));
    }
    TokenCorpus learned = TokenCorpus.of(training.build());
    TokenCorpus kept = TokenCorpus.of(validation.build());
    checkLength("inputs.texts: the part to train on", learned, data.windowTokens());
    checkLength("inputs.texts: the part kept for scores", kept, data.windowTokens());
    HeldOutFiles heldOut = HeldOutFiles.read(plan, parent, tokenizer);
    return new RunText(
        ImmutableList.of(learned.windows(data.windowTokens())),
        ImmutableList.of(1.0),
        learned.fingerprint(),
        kept,
        heldOut.texts(),
        heldOut.names(),
        ImmutableList.of(),
        new Resources());
  }

  static void checkLength(String what, TokenCorpus corpus, int windowTokens) {
    checkArgument(
        corpus.length() >= windowTokens,
        "%s has %s tokens, but a window has %s.\nMaybe give more text, or shorter windows.",
        what,
        corpus.length(),
        windowTokens);
  }

  /** The plan's held-out files, in their order. */
  record HeldOutFiles(ImmutableList<TokenCorpus> texts, ImmutableList<String> names) {
    static HeldOutFiles read(CompressionPlan plan, ModelSpec parent, Tokenizer tokenizer)
        throws IOException {
      CompressionPlan.DataPlan data = plan.data();
      int tokens = data.heldOutWindowTokens() * data.heldOutWindows();
      ImmutableList.Builder<TokenCorpus> texts = ImmutableList.builder();
      ImmutableList.Builder<String> names = ImmutableList.builder();
      for (Path file : plan.inputs().heldOut()) {
        TokenCorpus corpus = encode(file, parent, tokenizer, tokens);
        checkLength(file.toString(), corpus, data.heldOutWindowTokens());
        texts.add(corpus);
        names.add(file.getFileName().toString());
      }
      return new HeldOutFiles(texts.build(), names.build());
    }
  }

  private static TokenCorpus encode(
      Path file, ModelSpec parent, Tokenizer tokenizer, long maxTokens) throws IOException {
    long maxBytes = maxTokens * BYTES_PER_TOKEN;
    return TokenCorpus.encode(TextFiles.documents(file, maxBytes), tokenizer, parent, maxTokens);
  }

  /** Returns endless batches of the training windows. */
  TokenBatches trainingBatches(int batchSize, Seed seed) {
    return new TokenBatches(training, weights, batchSize, seed);
  }

  @Override
  public void close() {
    open.close();
  }
}
