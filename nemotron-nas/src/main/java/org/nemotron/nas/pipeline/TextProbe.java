package org.nemotron.nas.pipeline;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.nemotron.core.data.ConversationRenderer;
import org.nemotron.core.io.AtomicFiles;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.text.TextFiles;
import org.nemotron.core.text.TokenCorpus;
import org.nemotron.core.text.Tokenizer;

/**
 * The beginning of a plan's text as tokens: whether there is enough, and how fast it is read.
 *
 * @param tokens how many there are, as far as the plan wants them
 * @param tokensPerSecond that were made; 0 where nothing could be read
 */
record TextProbe(long tokens, double tokensPerSecond) {
  /** So much text tells how many tokens a second and a byte make. */
  private static final int PROBED_TOKENS = 50_000;

  private static final int BYTES_PER_TOKEN = 8;

  /** A quarter of a text at most is kept for scores. */
  private static final int SHARES = 4;

  /**
   * Reads the beginning of each text, or of the documents.
   *
   * @throws IOException if one cannot be read, or has not what the plan names
   * @throws IllegalArgumentException if there is less than a run needs
   */
  static TextProbe of(
      CompressionPlan plan, ModelSpec parent, ConversationRenderer.OfModel conversations)
      throws IOException {
    Path directory = plan.inputs().parent();
    if (!Files.isDirectory(directory)) {
      return new TextProbe(wanted(plan), 0); // a GGUF file has its tokenizer once it is unpacked
    }
    try (Tokenizer tokenizer = Tokenizer.open(directory)) {
      return plan.inputs().documents().isUsed()
          ? ofDocuments(plan, parent, tokenizer, conversations)
          : ofTexts(plan, parent, tokenizer);
    }
  }

  private static TextProbe ofTexts(CompressionPlan plan, ModelSpec parent, Tokenizer tokenizer)
      throws IOException {
    int files = plan.inputs().texts().size();
    int window = plan.data().windowTokens();
    int most = Math.max(PROBED_TOKENS, SHARES * window);
    long tokens = 0;
    long kept = 0;
    long start = System.nanoTime();
    for (Path file : plan.inputs().texts()) {
      int length = probed(file, most, parent, tokenizer);
      tokens += length;
      kept += Math.min(plan.data().validationTokens() / files, length / SHARES);
    }
    double rate = tokens / ((System.nanoTime() - start) / 1e9);
    if (kept < window || tokens - kept < window) {
      RunText.ofTexts(plan, parent, tokenizer).close(); // says what is too short, if it is
    } else {
      RunText.HeldOutFiles unused = RunText.HeldOutFiles.read(plan, parent, tokenizer);
    }
    boolean cut = tokens >= (long) most * files;
    return new TextProbe(cut ? wanted(plan) : Math.min(tokens, wanted(plan)), rate);
  }

  private static int probed(Path file, int most, ModelSpec parent, Tokenizer tokenizer)
      throws IOException {
    return TokenCorpus.encode(
            TextFiles.documents(file, (long) most * BYTES_PER_TOKEN), tokenizer, parent, most)
        .length();
  }

  /** Makes a small store; where it takes all documents, they are what a run would have. */
  private static TextProbe ofDocuments(
      CompressionPlan plan,
      ModelSpec parent,
      Tokenizer tokenizer,
      ConversationRenderer.OfModel conversations)
      throws IOException {
    Path directory = Files.createTempDirectory("nemotron-probe");
    try {
      long most = Math.min(plan.data().trainingTokens(), PROBED_TOKENS);
      long start = System.nanoTime();
      long learned = DocumentText.probed(plan, most, parent, tokenizer, directory, conversations);
      double rate = learned / ((System.nanoTime() - start) / 1e9);
      return new TextProbe(learned >= most ? wanted(plan) : learned, rate);
    } finally {
      AtomicFiles.deleteTree(directory);
    }
  }

  private static long wanted(CompressionPlan plan) {
    return plan.data().trainingTokens() + plan.data().validationTokens();
  }
}
