package org.nemotron.nas.pipeline;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import org.nemotron.core.data.ConversationRenderer;
import org.nemotron.core.data.DocumentSource;
import org.nemotron.core.data.Part;
import org.nemotron.core.data.SourceCounts;
import org.nemotron.core.data.StoreSettings;
import org.nemotron.core.data.TokenStore;
import org.nemotron.core.provenance.Fingerprint;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.Resources;
import org.nemotron.core.text.TokenCorpus;
import org.nemotron.core.text.TokenWindows;
import org.nemotron.core.text.Tokenizer;

/** The text of a run whose plan names documents: windows of a token store in its directory. */
final class DocumentText {
  private final CompressionPlan plan;
  private final TokenStore tokens;

  private DocumentText(CompressionPlan plan, TokenStore tokens) {
    this.plan = plan;
    this.tokens = tokens;
  }

  /** Makes the store, unless it is there, and returns the text; the caller closes it. */
  static RunText read(
      CompressionPlan plan,
      ModelSpec parent,
      Tokenizer tokenizer,
      StageStore store,
      ConversationRenderer.OfModel conversations)
      throws IOException {
    TokensStage stage =
        new TokensStage(
            plan, store.path(TokensStage.NAME), tokenizer, parent, renderer(plan, conversations));
    try (Resources made = new Resources()) {
      TokenStore tokens = made.add(store.result(stage), TokenStore::close);
      RunText.HeldOutFiles files = RunText.HeldOutFiles.read(plan, parent, tokenizer);
      return new DocumentText(plan, tokens).text(files, stage.dependencies().fingerprint(), made);
    }
  }

  private static Optional<ConversationRenderer> renderer(
      CompressionPlan plan, ConversationRenderer.OfModel conversations) throws IOException {
    boolean rendered =
        plan.inputs().documents().sources().stream()
            .anyMatch(source -> source.content() == DocumentSource.Content.MESSAGES);
    return rendered ? conversations.read(plan.inputs().parent()) : Optional.empty();
  }

  /**
   * Makes a store of the first documents, and returns how many of its tokens are to be learned
   * from. Where a run would have no others, checks that they are enough.
   *
   * @param most tokens to learn from; no more than the plan wants
   * @param directory for the store
   */
  static long probed(
      CompressionPlan plan,
      long most,
      ModelSpec parent,
      Tokenizer tokenizer,
      Path directory,
      ConversationRenderer.OfModel conversations)
      throws IOException {
    StoreSettings settings = plan.inputs().documents().store(most);
    Fingerprint key = Fingerprint.builder().build();
    TokensStage.writer(settings, tokenizer, parent, renderer(plan, conversations))
        .write(directory, key, done -> {});
    RunText.HeldOutFiles files = RunText.HeldOutFiles.read(plan, parent, tokenizer);
    try (Resources made = new Resources()) {
      TokenStore tokens = made.add(TokenStore.open(directory), TokenStore::close);
      long learned = 0;
      boolean cut = false;
      for (int source = 0; source < tokens.sources().size(); source++) {
        long some = tokens.sources().get(source).training().tokens();
        learned += some;
        cut |= some >= settings.trainingTokens(source);
      }
      if (!cut || most == plan.data().trainingTokens()) {
        new DocumentText(plan, tokens).text(files, key, made).close();
      }
      return learned;
    }
  }

  private RunText text(RunText.HeldOutFiles files, Fingerprint key, Resources made)
      throws IOException {
    CompressionPlan.DataPlan data = plan.data();
    DocumentPlan documents = plan.inputs().documents();
    ImmutableList.Builder<TokenWindows> training = ImmutableList.builder();
    ImmutableList.Builder<Double> weights = ImmutableList.builder();
    ImmutableIntArray.Builder validation = ImmutableIntArray.builder();
    ImmutableList.Builder<TokenCorpus> heldOut = ImmutableList.builder();
    ImmutableList.Builder<String> names = ImmutableList.builder();
    for (int source = 0; source < tokens.sources().size(); source++) {
      training.add(tokens.windows(source, Part.TRAINING, data.windowTokens(), documents.packing()));
      weights.add(documents.sources().get(source).weight());
      validation.addAll(
          first(source, Part.VALIDATION, data.windowTokens(), validationWindows(source)));
      ImmutableIntArray measured =
          first(source, Part.HELD_OUT, data.heldOutWindowTokens(), data.heldOutWindows());
      if (!measured.isEmpty()) {
        heldOut.add(TokenCorpus.of(measured));
        names.add("held-out part of " + tokens.sources().get(source).name());
      }
    }
    TokenCorpus kept = TokenCorpus.of(validation.build());
    checkArgument(
        kept.length() >= data.windowTokens(),
        "inputs.documents: the part kept for scores (validationShare %s) has %s tokens, but a"
            + " window has %s.\n"
            + "Maybe a larger validationShare (inputs.documents.validationShare of a plan), more"
            + " documents, or shorter windows.",
        documents.validationShare() + "",
        kept.length(),
        data.windowTokens());
    ImmutableList<TokenCorpus> all = heldOut.addAll(files.texts()).build();
    checkArgument(
        !all.isEmpty(),
        "inputs.documents: the held-out part (heldOutShare %s) has no window of %s tokens.\n"
            + "Maybe a larger heldOutShare, shorter windows, or a file in inputs.heldOut"
            + " (--held-out).",
        documents.heldOutShare() + "",
        data.heldOutWindowTokens());
    return new RunText(
        training.build(),
        weights.build(),
        Fingerprint.builder().put("tokens", key).put("packing", documents.packing().name()).build(),
        kept,
        all,
        names.addAll(files.names()).build(),
        tokens.sources(),
        made.complete());
  }

  private ImmutableIntArray first(int source, Part part, int windowTokens, int most)
      throws IOException {
    return tokens.firstWindows(
        source, part, windowTokens, plan.inputs().documents().packing(), most);
  }

  /** Returns how many windows a source has of the part for scores, at least one. */
  private int validationWindows(int source) {
    ImmutableList<DocumentSource> sources = plan.inputs().documents().sources();
    double sum = sources.stream().mapToDouble(DocumentSource::weight).sum();
    double all = (double) plan.data().validationTokens() / plan.data().windowTokens();
    return (int) Math.max(1, Math.floor(all * sources.get(source).weight() / sum));
  }

  /** Returns what was read of a source, for the report. */
  static String inWords(SourceCounts source) {
    String counts =
        String.format(
            Locale.ROOT,
            "%,d files, %,d records: %,d documents to learn from (%,d tokens, of which %,d count),"
                + " %,d for scores, %,d held out; %,d empty, %,d bad and skipped",
            source.files(),
            source.records(),
            source.training().documents(),
            source.training().tokens(),
            source.training().learned(),
            source.validation().documents(),
            source.heldOut().documents(),
            source.emptyRecords(),
            source.badRecords());
    return source.faults().isEmpty()
        ? counts
        : counts + " (first: " + String.join("; ", source.faults()) + ")";
  }
}
