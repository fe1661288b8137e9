package org.nemotron.nas.pipeline;

import static com.google.common.base.Preconditions.checkState;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.nemotron.core.checkpoint.ModelReader;
import org.nemotron.core.checkpoint.ModelSpecReader;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.provenance.Fingerprint;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.Resources;
import org.nemotron.nas.cost.CostTable;
import org.nemotron.nas.library.BlockLibrary;
import org.nemotron.nas.library.LibraryFiles;
import org.nemotron.nas.score.ScoreTable;

/**
 * What a run has left in its directory, to be adapted from Java: trained once, the library gives a
 * child for any budget, without training a block again.
 *
 * <pre>{@code
 * try (RunDirectory run = RunDirectory.open(directory)) {
 *   ArchitectureProblem problem = run.problem();
 *   Solution best = PuzzleSearch.create().solve(problem.faster(1.7)).orElseThrow();
 *   HeterogeneousModel child = run.library().assemble(problem.architecture(best));
 * }
 * }</pre>
 *
 * <p>The run may have been interrupted, or be at work: what has finished is here, what has not is
 * refused by the name of its stage, and files that are damaged or of another parent are refused by
 * their names: library, scores and costs are given out for the parent alone whose config and
 * weights the library was trained for, which the first call reads for it. Nothing is written.
 *
 * <p>Safe for use by several threads, one of which closes it; closing twice is harmless. Parent and
 * library belong to this object and are closed with it; children assembled from the library are the
 * caller's.
 */
public final class RunDirectory implements AutoCloseable {
  private static final String LIBRARY = "library";
  private static final String COUPLED = "coupled";

  private final Path directory;
  private final CompressionPlan plan;
  private final Path parentDirectory;
  private final ModelSpec parentSpec;
  private final OwnTables own;
  private final Resources parts = new Resources();
  private @Nullable StageInputs checked;
  private @Nullable HeterogeneousModel parent;
  private @Nullable BlockLibrary library;
  private boolean closed;

  private RunDirectory(
      Path directory,
      CompressionPlan plan,
      Path parentDirectory,
      ModelSpec parentSpec,
      OwnTables own) {
    this.directory = directory;
    this.plan = plan;
    this.parentDirectory = parentDirectory;
    this.parentSpec = parentSpec;
    this.own = own;
  }

  /**
   * Opens the directory of a run.
   *
   * @throws IOException if it is none, or its plan or the parent's config.json cannot be read; the
   *     message names the file
   */
  public static RunDirectory open(Path directory) throws IOException {
    return open(directory, plan -> plan);
  }

  /**
   * Opens the directory of a run under another plan: {@code change} may say that the parent lies
   * elsewhere now, name another device, or files of own scores and costs.
   *
   * @throws IOException if it is none, or its plan or the parent's config.json cannot be read; the
   *     message names the file
   */
  public static RunDirectory open(Path directory, UnaryOperator<CompressionPlan> change)
      throws IOException {
    Path file = directory.resolve(RunResults.PLAN);
    if (!Files.isRegularFile(file)) {
      throw new IOException(
          directory
              + " is no directory of a run: it has no "
              + RunResults.PLAN
              + ".\nMaybe name the output directory of a run.");
    }
    CompressionPlan plan = change.apply(PlanFiles.read(file));
    Path parent = parentDirectory(directory, plan);
    if (!Files.isDirectory(parent)) {
      throw new IOException(
          parent
              + ", the parent of the run in "
              + directory
              + ", is no directory.\nMaybe it lies elsewhere now: RunDirectory.open(run, plan ->"
              + " plan.withParent(directory)).");
    }
    ModelSpec spec = ModelSpecReader.read(parent);
    return new RunDirectory(directory, plan, parent, spec, OwnTables.read(plan));
  }

  /** Returns where the parent lies: where the plan says, or where its GGUF file was unpacked. */
  private static Path parentDirectory(Path run, CompressionPlan plan) throws IOException {
    Path named = plan.inputs().parent();
    Optional<StoredStage> unpacked = StoredStage.find(run, ParentStage.NAME);
    if (Files.isDirectory(named) || unpacked.isEmpty()) {
      return named;
    }
    String file = unpacked.get().files().byName().keySet().iterator().next();
    return run.resolve(Path.of(file).subpath(0, 2)); // parent, and the file's name
  }

  /** Returns the directory itself. */
  public Path directory() {
    return directory;
  }

  /** Returns the plan that the run was last begun with. */
  public CompressionPlan plan() {
    return plan;
  }

  /** Returns the stages that have finished, by name, such as {@code library} and {@code child}. */
  public ImmutableSet<String> finished() throws IOException {
    return StoredStage.names(directory);
  }

  /** Returns the parent's architecture. */
  public ModelSpec parentSpec() {
    return parentSpec;
  }

  /**
   * Returns the fingerprint of the parent's weights, which the library was trained for.
   *
   * @throws IOException if the library has not finished
   */
  public Fingerprint parentFingerprint() throws IOException {
    return StoredStage.get(directory, LIBRARY)
        .input(StageDependencies.PARENT_WEIGHTS)
        .orElseThrow();
  }

  /**
   * Returns the parent, which this object closes; read at the first call.
   *
   * @throws IOException if it cannot be read, or is not the one that the library was trained for
   */
  public synchronized HeterogeneousModel parent() throws IOException {
    checkOpen();
    if (parent == null) {
      checkParent();
      parent =
          parts.add(
              ModelReader.read(
                  parentDirectory, plan.execution().dtype(), plan.execution().device()),
              HeterogeneousModel::close);
    }
    return parent;
  }

  /** Checks that the parent is the library's, if there is one: once for each that is there. */
  private synchronized void checkParent() throws IOException {
    Optional<StoredStage> trained = StoredStage.find(directory, LIBRARY);
    if (trained.isEmpty() || trained.get().inputs().equals(checked)) {
      return;
    }
    StoredStage library = trained.get();
    checkParent(
        library,
        StageDependencies.PARENT_CONFIG,
        Fingerprint.ofFile(parentDirectory.resolve("config.json")),
        "config differs");
    checkParent(
        library,
        StageDependencies.PARENT_WEIGHTS,
        ParentFingerprints.weights(parentDirectory),
        "weights differ");
    checked = library.inputs();
  }

  private void checkParent(StoredStage trained, String what, Fingerprint now, String difference)
      throws IOException {
    if (!trained.input(what).equals(Optional.of(now))) {
      throw new IOException(
          String.format(
              "%s is not the parent that the library in %s was trained for: its %s.%n"
                  + "Maybe it lies elsewhere, or the plan has to be run again for this one.",
              parentDirectory, directory, difference));
    }
  }

  /**
   * Returns the library with its trained candidates, pairs that were trained together among them;
   * this object closes it. Read at the first call.
   *
   * @throws IOException if it has not finished, is damaged, or is another parent's
   */
  public synchronized BlockLibrary library() throws IOException {
    checkOpen();
    if (library == null) {
      StoredStage trained = StoredStage.get(directory, LIBRARY);
      Optional<StoredStage> coupled = pairs(trained);
      BlockLibrary alone = parts.add(read(trained, LIBRARY), BlockLibrary::close);
      if (coupled.isEmpty()) {
        library = alone;
      } else {
        try (BlockLibrary pairs = read(coupled.get(), "library-coupled")) {
          library = parts.add(alone.with(pairs), BlockLibrary::close);
        }
      }
    }
    return library;
  }

  private BlockLibrary read(StoredStage stage, String name) throws IOException {
    HeterogeneousModel model = parent();
    return stage.read(() -> LibraryFiles.read(directory.resolve(name), model), BlockLibrary::close);
  }

  /** Returns the stage of pairs trained together, if it goes with the library that is there. */
  private Optional<StoredStage> pairs(StoredStage trained) throws IOException {
    return StoredStage.find(directory, COUPLED).filter(stage -> stage.isMadeFrom(trained));
  }

  /**
   * Returns the scores of the candidates, those of pairs trained together among them, with the own
   * scores that the plan names.
   *
   * @throws IOException if they have not finished, are damaged, or are another library's or
   *     parent's
   * @throws IllegalArgumentException if own scores do not go with the candidates
   */
  public ScoreTable scores() throws IOException {
    checkParent();
    StoredStage trained = StoredStage.get(directory, LIBRARY);
    StoredStage stage = StoredStage.get(directory, "scores");
    if (!stage.isMadeFrom(trained)) {
      throw new IOException(
          directory
              + ": the scores are those of another library than the one that is there.\nMaybe run"
              + " the plan, which goes on where it was.");
    }
    ScoreTable scores = scores(stage);
    Optional<StoredStage> coupled = pairs(trained);
    Optional<StoredStage> ofPairs =
        coupled.isEmpty()
            ? Optional.empty()
            : StoredStage.find(directory, "scores-coupled")
                .filter(more -> more.isMadeFrom(coupled.get()));
    return own.withOwn(
        parentSpec, ofPairs.isPresent() ? scores.with(scores(ofPairs.get())) : scores);
  }

  private ScoreTable scores(StoredStage stage) throws IOException {
    return stage.read(
        () -> TableFiles.readScores(directory.resolve(stage.name() + ".json")), table -> {});
  }

  /**
   * Returns the costs, a table for each batch size of the plan, with the own costs that the plan
   * names, and bytes counted as the plan says.
   *
   * @throws IOException if they have not finished, are damaged, or are another parent's or search
   *     space's than the library
   * @throws IllegalArgumentException if own costs do not go with the sub-blocks
   */
  public ImmutableList<CostTable> costs() throws IOException {
    StoredStage stage = StoredStage.get(directory, "costs");
    checkParent(
        stage,
        StageDependencies.ARCHITECTURE,
        StageDependencies.architecture(parentSpec),
        "architecture differs");
    checkParent();
    Optional<StoredStage> trained = StoredStage.find(directory, LIBRARY);
    if (trained.isPresent()) {
      ImmutableSet<String> others = stage.inputs().differencesFrom(trained.get().inputs());
      if (!others.isEmpty()) {
        throw new IOException(
            String.format(
                "%s: costs and library are of different settings: %s.%n"
                    + "Maybe run the plan, which goes on where it was.",
                directory, String.join(", ", others)));
      }
    }
    return own.withOwn(
        stage.read(() -> TableFiles.readCosts(directory.resolve("costs.json")), tables -> {}));
  }

  /**
   * Returns the search problem of the scores and costs, of the plan's first batch size, by the
   * plan's metric. What a run has measured of whole models is not in it.
   *
   * @throws IOException as {@link #scores} and {@link #costs}
   */
  public ArchitectureProblem problem() throws IOException {
    return problem(costs().get(0));
  }

  /**
   * Returns the search problem of the scores and these costs, by the plan's metric.
   *
   * @param costs one of {@link #costs}, or made from it
   * @throws IOException as {@link #scores}
   */
  public ArchitectureProblem problem(CostTable costs) throws IOException {
    return new ArchitectureProblem(parentSpec, scores(), costs, plan.scoring().metric());
  }

  private void checkOpen() {
    checkState(!closed, "this run directory is closed");
  }

  @Override
  public synchronized void close() {
    closed = true;
    parts.close();
  }
}
