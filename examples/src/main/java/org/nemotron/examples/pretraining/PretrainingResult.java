package org.nemotron.examples.pretraining;

import com.google.common.base.Joiner;
import com.google.common.collect.ImmutableList;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.text.TokenBatches;
import org.nemotron.nas.distill.PretrainingSettings;
import org.nemotron.nas.score.ModelQuality;

/**
 * What a training gave, for people.
 *
 * @param data batches of the training
 * @param texts the files that they are of
 * @param seconds of training
 * @param measured on held-out text
 */
record PretrainingResult(
    ModelSpec spec,
    PretrainingSettings settings,
    TokenBatches data,
    List<Path> texts,
    double seconds,
    ImmutableList<Measured> measured) {
  /** The quality on the windows of one file. */
  record Measured(String file, int windows, ModelQuality quality) {
    private String line() {
      return String.format(
          Locale.ROOT,
          "%s: %.4f nats a token, %.1f %% of next tokens right (%,d windows)",
          file,
          quality.lossNats(),
          100 * quality.accuracy(),
          windows);
    }
  }

  /** Returns one line for each measurement, behind that of the training. */
  String summary() {
    return String.format(Locale.ROOT, "%,d tokens in %.0f s%n", tokens(), seconds)
        + Joiner.on('\n').join(measured.stream().map(Measured::line).iterator());
  }

  private long tokens() {
    return (long) settings.steps() * data.batchSize() * data.windowTokens();
  }

  /** Returns the model card. */
  String toMarkdown(Path directory) {
    AttentionSpec.GroupedQuery attention = (AttentionSpec.GroupedQuery) spec.block(0).attention();
    FfnSpec.Gated ffn = (FfnSpec.Gated) spec.block(0).ffn();
    StringBuilder text = new StringBuilder();
    text.append("# ").append(directory.toAbsolutePath().getFileName()).append("\n\n");
    text.append(
        String.format(
            Locale.ROOT,
            "A language model of %,d parameters, trained from random weights to be the parent of a"
                + " compression.%nIt is no assistant: too small to keep to a thread.%n%n",
            spec.parameters()));
    text.append(
        String.format(
            Locale.ROOT,
            "- Llama, %d layers of width %d, %d query and %d key/value heads of %d, FFNs of %d"
                + " channels, vocabulary of %,d, tied embeddings%n",
            spec.layers(),
            spec.width(),
            attention.queryHeads(),
            attention.kvHeads(),
            attention.headDim(),
            ffn.channels(),
            spec.vocabularySize()));
    text.append(
        String.format(
            Locale.ROOT,
            "- trained on %,d tokens in windows of %d (do not go beyond), %d steps of %d windows,"
                + " AdamW with a rate of at most %s, %.0f s%n",
            tokens(),
            data.windowTokens(),
            settings.steps(),
            data.batchSize(),
            settings.optimizer().learningRate(),
            seconds));
    text.append(
        String.format(
            Locale.ROOT,
            "- each step left out %.0f %% of the attentions and FFNs by chance%n",
            100 * settings.skippedShare()));
    text.append("- text: ").append(Joiner.on(", ").join(names())).append('\n');
    measured.forEach(one -> text.append("- ").append(one.line()).append('\n'));
    return text.toString();
  }

  private ImmutableList<String> names() {
    return texts.stream()
        .map(path -> path.getFileName().toString())
        .collect(ImmutableList.toImmutableList());
  }
}
