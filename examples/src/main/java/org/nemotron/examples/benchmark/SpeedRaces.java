package org.nemotron.examples.benchmark;

import com.google.common.base.Verify;
import com.google.common.collect.ImmutableList;
import com.google.common.io.Closer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.checkpoint.ModelReader;
import org.nemotron.core.checkpoint.ModelWriter;
import org.nemotron.core.checkpoint.TokenizerDirectory;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Seed;
import org.nemotron.core.text.EvaluationBatches;
import org.nemotron.core.text.TextFiles;
import org.nemotron.core.text.TokenBatches;
import org.nemotron.core.text.TokenCorpus;
import org.nemotron.core.text.Tokenizer;
import org.nemotron.nas.distill.GlobalDistillationSettings;
import org.nemotron.nas.distill.GlobalDistiller;
import org.nemotron.nas.distill.OptimizerSettings;
import org.nemotron.nas.library.Architecture;
import org.nemotron.nas.library.BlockLibrary;
import org.nemotron.nas.library.Calibrator;
import org.nemotron.nas.library.InitSettings;
import org.nemotron.nas.library.SearchSpace;
import org.nemotron.nas.score.BlockScorer;
import org.nemotron.nas.score.ModelEvaluator;
import org.nemotron.nas.score.ScoringSettings;
import org.nemotron.nas.search.PuzzleSearch;
import org.nemotron.nas.search.SearchProblem;

/** The races whose ratios docs/benchmarks.md publishes. Closing it frees the models. */
final class SpeedRaces implements AutoCloseable {
  /** 143 million parameters: 286 MB in bfloat16, far beyond the processor's caches. */
  private static final int WIDTH = 1024;

  private static final int WINDOW = 128;

  private final Closer opened = Closer.create();
  private final Path directory;
  private final Path large;
  private final HeterogeneousModel parent;
  private final TokenCorpus corpus;
  private final int cores = CpuThreads.available();

  /**
   * Prepares the races.
   *
   * @param directory a small trained model
   * @param scratch where a large random one may be written
   */
  SpeedRaces(Path directory, Path text, Path scratch) throws IOException {
    this.directory = directory;
    this.large = scratch.resolve("large");
    this.parent = opened(ModelReader.read(directory, DType.FLOAT32, Device.CPU));
    try (TokenizerDirectory files = TokenizerDirectory.of(directory);
        Tokenizer tokenizer = Tokenizer.open(files.path())) {
      this.corpus =
          TokenCorpus.encode(
              TextFiles.documents(text, 1_000_000), tokenizer, parent.spec(), 50_000);
    }
  }

  private HeterogeneousModel opened(HeterogeneousModel model) {
    opened.register(model::close);
    return model;
  }

  /** Returns the races in the order of docs/benchmarks.md. */
  ImmutableList<SpeedRace> all() throws IOException {
    return ImmutableList.of(scoring(), search(), distillation(), loading());
  }

  /** Every candidate by the layers behind it, and every one as a whole model. */
  private SpeedRace scoring() {
    EvaluationBatches data = new EvaluationBatches(corpus, 2, WINDOW, 4);
    BlockLibrary library =
        new Calibrator(InitSettings.DEFAULT).calibrate(parent, SearchSpace.NO_OPS, batches(2));
    opened.register(library::close);
    ImmutableList<HeterogeneousModel> hybrids =
        library.candidates().stream()
            .map(candidate -> Architecture.ofOne(parent.spec(), candidate))
            .map(library::assemble)
            .map(this::opened)
            .collect(ImmutableList.toImmutableList());
    BlockScorer scorer = new BlockScorer(ScoringSettings.DEFAULT).withThreads(cores);
    ModelEvaluator evaluator = new ModelEvaluator(data, cores);
    return new SpeedRace(
        "scoring",
        "scores by the layers behind a candidate, against whole models",
        5,
        () -> Verify.verify(scorer.score(library, data).scores().size() == hybrids.size()),
        () -> Verify.verify(evaluator.evaluate(parent, hybrids).size() == hybrids.size()));
  }

  private static SpeedRace search() {
    SearchProblem problem = SearchTables.structured(80, 1);
    return new SpeedRace(
        "search",
        "own exact search, against SCIP (80 layers × 54)",
        3,
        () -> solve(PuzzleSearch.Method.OWN, problem),
        () -> solve(PuzzleSearch.Method.SCIP, problem));
  }

  private static void solve(PuzzleSearch.Method method, SearchProblem problem) {
    double score =
        PuzzleSearch.builder().method(method).build().solve(problem).orElseThrow().score();
    Verify.verify(score > 0);
  }

  private SpeedRace distillation() throws IOException {
    HeterogeneousModel half = opened(ModelReader.read(directory, DType.BFLOAT16, Device.CPU));
    return new SpeedRace(
        "distillation",
        "distillation steps in bfloat16, against float32",
        2,
        () -> distill(half),
        () -> distill(parent));
  }

  private void distill(HeterogeneousModel model) throws IOException {
    var settings =
        GlobalDistillationSettings.DEFAULT
            .withSteps(2)
            .withOptimizer(OptimizerSettings.ofRate(1e-4))
            .withEvaluateEvery(2);
    EvaluationBatches one = new EvaluationBatches(corpus, 1, WINDOW, 1);
    new GlobalDistiller(settings)
        .withThreads(cores)
        .distill(model, model, batches(cores), one)
        .child()
        .close();
  }

  private TokenBatches batches(int size) {
    return new TokenBatches(corpus, size, WINDOW, new Seed(1));
  }

  /** Weights left in the file's pages, and the same weights copied out of them. */
  private SpeedRace loading() throws IOException {
    try (HeterogeneousModel random =
            RandomModels.of(largeSpec(parent.spec()), Device.CPU, DType.BFLOAT16);
        TokenizerDirectory files = TokenizerDirectory.of(directory)) {
      ModelWriter.write(random, large, DType.BFLOAT16, files.path());
    }
    return new SpeedRace(
        "loading",
        "weights mapped, against copied (286 MB)",
        7,
        () -> ModelReader.read(large, DType.BFLOAT16, Device.CPU).close(),
        this::loadCopied);
  }

  private void loadCopied() throws IOException {
    try (HeterogeneousModel mapped = ModelReader.read(large, DType.BFLOAT16, Device.CPU);
        NativeScope scope = NativeScope.open()) {
      for (Tensor tensor : mapped.tensors().values()) {
        Verify.verify(tensor.clone().numel() == tensor.numel());
      }
    }
  }

  private static ModelSpec largeSpec(ModelSpec small) {
    BlockSpec block =
        new BlockSpec(new AttentionSpec.GroupedQuery(16, 8, 64), new FfnSpec.Gated(4 * WIDTH));
    return new ModelSpec(
        small.vocabularySize(),
        WIDTH,
        16,
        64,
        small.rmsNormEps(),
        small.rope(),
        small.maxPositions(),
        true,
        small.specialTokens(),
        ImmutableList.copyOf(Collections.nCopies(8, block)));
  }

  @Override
  public void close() {
    try {
      opened.close();
    } catch (IOException e) {
      throw new AssertionError("models close without files", e);
    }
  }
}
