package org.nemotron.nas.pipeline;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkNotNull;

import com.google.common.collect.ImmutableList;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import org.nemotron.core.data.ConversationRenderer;
import org.nemotron.core.data.DocumentSource;
import org.nemotron.core.tensor.Device;
import org.nemotron.nas.estimate.Estimate;
import org.nemotron.nas.pipeline.CompressionPlan.Inputs;
import org.nemotron.nas.report.RunSummary;

/**
 * A compression run in one sentence, the shortest way to {@link CompressionPipeline}:
 *
 * <pre>{@code
 * Compression.of(parent).text(file).heldOut(other).target(Target.speedup(1.5)).run(output);
 * }</pre>
 *
 * <p>Immutable: each method returns a copy. What is not named is as in {@link CompressionPlan#of}.
 */
public final class Compression {
  private final Path parent;
  private final ImmutableList<Path> texts;
  private final ImmutableList<DocumentSource> documents;
  private final ImmutableList<Path> heldOut;
  private final ImmutableList<Target> targets;
  private final ImmutableList<UnaryOperator<CompressionPlan>> changes;
  private final PipelineListener listener;
  private final BooleanSupplier cancelled;
  private final ConversationRenderer.OfModel conversations;

  private Compression(
      Path parent,
      ImmutableList<Path> texts,
      ImmutableList<DocumentSource> documents,
      ImmutableList<Path> heldOut,
      ImmutableList<Target> targets,
      ImmutableList<UnaryOperator<CompressionPlan>> changes,
      PipelineListener listener,
      BooleanSupplier cancelled,
      ConversationRenderer.OfModel conversations) {
    this.parent = parent;
    this.texts = texts;
    this.documents = documents;
    this.heldOut = heldOut;
    this.targets = targets;
    this.changes = changes;
    this.listener = listener;
    this.cancelled = cancelled;
    this.conversations = conversations;
  }

  /** Returns the compression of a parent: a Hugging Face directory, or a GGUF file. */
  public static Compression of(Path parent) {
    return new Compression(
        checkNotNull(parent, "the parent of a compression must be a path, not null"),
        ImmutableList.of(),
        ImmutableList.of(),
        ImmutableList.of(),
        ImmutableList.of(),
        ImmutableList.of(),
        PipelineListener.SILENT,
        () -> false,
        ConversationRenderer.OfModel.NONE);
  }

  /** Adds a text file to learn from. */
  public Compression text(Path file) {
    return new Compression(
        parent,
        with(texts, file),
        documents,
        heldOut,
        targets,
        changes,
        listener,
        cancelled,
        conversations);
  }

  /** Adds a text file that nothing is learned from; the report measures on it. */
  public Compression heldOut(Path file) {
    return new Compression(
        parent,
        texts,
        documents,
        with(heldOut, file),
        targets,
        changes,
        listener,
        cancelled,
        conversations);
  }

  /**
   * Adds documents to learn from, in place of texts: files of any kind and size. Part of them is
   * held out, so that no {@link #heldOut} file is needed.
   */
  public Compression documents(DocumentSource source) {
    return new Compression(
        parent,
        texts,
        with(documents, source),
        heldOut,
        targets,
        changes,
        listener,
        cancelled,
        conversations);
  }

  /**
   * Finds the parent's chat template by {@code templates}, for documents that are conversations.
   */
  public Compression conversations(ConversationRenderer.OfModel templates) {
    return new Compression(
        parent, texts, documents, heldOut, targets, changes, listener, cancelled, templates);
  }

  /** Adds a target: a child that keeps to its limits. Without any, 1.5 and 2 times as fast. */
  public Compression target(Target target) {
    return new Compression(
        parent,
        texts,
        documents,
        heldOut,
        with(targets, target),
        changes,
        listener,
        cancelled,
        conversations);
  }

  /** Runs on {@code device} instead of the CPU. */
  public Compression on(Device device) {
    return change(plan -> plan.on(device));
  }

  /** Does about a tenth of the work: enough to see every stage run. */
  public Compression brief() {
    return change(CompressionPlan::brief);
  }

  /**
   * Changes any other setting: {@code change} gets the plan so far, and returns another, for
   * example by {@link CompressionPlan#toBuilder}. Changes are made in their order.
   */
  public Compression change(UnaryOperator<CompressionPlan> change) {
    return new Compression(
        parent,
        texts,
        documents,
        heldOut,
        targets,
        with(changes, change),
        listener,
        cancelled,
        conversations);
  }

  /** Reports progress to {@code other}. */
  public Compression listener(PipelineListener other) {
    return new Compression(
        parent, texts, documents, heldOut, targets, changes, other, cancelled, conversations);
  }

  /**
   * Ends a run soon after {@code condition} has become true, as an interrupt of its thread does.
   *
   * @param condition evaluated between pieces of work, by several threads
   */
  public Compression cancelledWhen(BooleanSupplier condition) {
    return new Compression(
        parent, texts, documents, heldOut, targets, changes, listener, condition, conversations);
  }

  private static <T> ImmutableList<T> with(ImmutableList<T> all, T another) {
    return ImmutableList.<T>builder()
        .addAll(all)
        .add(checkNotNull(another, "what a compression is given must not be null"))
        .build();
  }

  /**
   * Returns the plan that {@link #run} works to, but for its output.
   *
   * @throws IllegalArgumentException if a text or held-out text is missing, or a setting is out of
   *     its range
   */
  public CompressionPlan plan() {
    checkArgument(
        !texts.isEmpty() || !documents.isEmpty(),
        "a compression must have a text(file) to learn from, or documents(source)");
    checkArgument(
        !heldOut.isEmpty() || !documents.isEmpty(),
        "a compression must have a heldOut(file) to measure on");
    CompressionPlan plan =
        CompressionPlan.of(
            new Inputs(
                parent,
                texts,
                heldOut,
                ImmutableList.of(),
                ImmutableList.of(),
                DocumentPlan.NONE.withSources(documents)));
    if (!targets.isEmpty()) {
      plan = plan.toBuilder().targets(targets).build();
    }
    for (int index = 0; index < changes.size(); index++) {
      plan =
          checkNotNull(
              changes.get(index).apply(plan),
              "change %s of a compression returned null; it must return a plan",
              index + 1);
    }
    return plan;
  }

  /**
   * Measures this machine for up to about 20 seconds, and returns what a run into {@code output}
   * will take if it reuses nothing: work, time and memory by stage, and what does not fit.
   *
   * @throws IOException as a run before its first stage
   */
  public Estimate estimate(Path output) throws IOException {
    return pipeline(output).estimate();
  }

  /**
   * Runs all stages and returns the summary; children and report are in {@code output}. A run begun
   * again there reuses what it has.
   *
   * @throws IOException if a file is missing, malformed or cannot be written; the message names it
   * @throws NoArchitectureException if nothing fits a target
   * @throws CancellationException if it is cancelled; see {@link CompressionPipeline#run}
   */
  @CanIgnoreReturnValue // the run leaves its results in output
  public RunSummary run(Path output) throws IOException, NoArchitectureException {
    return pipeline(output).run();
  }

  private CompressionPipeline pipeline(Path output) {
    return new CompressionPipeline(plan().withOutput(output), listener)
        .cancelledWhen(cancelled)
        .withConversations(conversations);
  }
}
