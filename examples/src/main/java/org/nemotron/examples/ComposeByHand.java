package org.nemotron.examples;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.nemotron.core.checkpoint.ModelReader;
import org.nemotron.core.checkpoint.ModelWriter;
import org.nemotron.core.checkpoint.TokenizerDirectory;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Seed;
import org.nemotron.core.text.EvaluationBatches;
import org.nemotron.core.text.TextFiles;
import org.nemotron.core.text.TokenBatches;
import org.nemotron.core.text.TokenCorpus;
import org.nemotron.core.text.Tokenizer;
import org.nemotron.examples.shell.ModelArgument;
import org.nemotron.nas.cost.CostTable;
import org.nemotron.nas.cost.LatencyMeter;
import org.nemotron.nas.cost.MeterSettings;
import org.nemotron.nas.cost.Scenario;
import org.nemotron.nas.distill.LocalDistillationSettings;
import org.nemotron.nas.distill.LocalDistiller;
import org.nemotron.nas.library.BlockLibrary;
import org.nemotron.nas.library.Calibrator;
import org.nemotron.nas.library.InitSettings;
import org.nemotron.nas.library.SearchSpace;
import org.nemotron.nas.pipeline.ArchitectureProblem;
import org.nemotron.nas.score.BlockScorer;
import org.nemotron.nas.score.Score;
import org.nemotron.nas.score.ScoreTable;
import org.nemotron.nas.score.ScoringSettings;
import org.nemotron.nas.search.PuzzleSearch;
import org.nemotron.nas.search.Solution;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The method composed by hand, in 30 lines: BlockLibrary, PuzzleSearch, HeterogeneousModel. Little
 * training, so that it ends soon; see {@code compress} for all stages.
 */
@Command(
    name = "compose",
    mixinStandardHelpOptions = true,
    description = "The same by hand, through the API: library, scores, costs, search, child.")
final class ComposeByHand implements Callable<Integer> {
  @Option(names = "--parent", paramLabel = "MODEL", description = "Hugging Face directory, or GGUF")
  private Path model = Path.of("examples/models/tale-7m");

  @Option(names = "--text", paramLabel = "FILE", description = "calibration text")
  private Path text = Path.of("examples/data/tinystories.train.txt.gz");

  @Option(names = "--output", paramLabel = "DIR", description = "directory of the child")
  private Path output = Path.of("run-by-hand/child");

  @Override
  public Integer call() throws IOException {
    SearchSpace space = SearchSpace.PAPER;
    try (HeterogeneousModel parent = ModelReader.read(ModelArgument.checked(model));
        TokenizerDirectory files = TokenizerDirectory.of(model);
        Tokenizer tokenizer = Tokenizer.open(files.path())) {
      TokenCorpus corpus =
          TokenCorpus.encode(TextFiles.documents(text), tokenizer, parent.spec(), 200_000);
      TokenBatches batches = new TokenBatches(corpus, 2, 256, new Seed(1));
      var training = LocalDistillationSettings.DEFAULT.withSteps(10);
      Scenario scenario = new Scenario(16, 128, 128);
      try (BlockLibrary start =
              new Calibrator(InitSettings.DEFAULT).calibrate(parent, space, batches);
          BlockLibrary library =
              new LocalDistiller(training).distill(start, start.candidates(), batches).library()) {
        ScoreTable scores =
            new BlockScorer(ScoringSettings.DEFAULT)
                .score(library, new EvaluationBatches(corpus, 2, 256, 4));
        CostTable costs = new LatencyMeter(MeterSettings.BRIEF).measure(parent, space, scenario);
        var problem = new ArchitectureProblem(parent.spec(), scores, costs, Score.Metric.KL);
        Solution best = PuzzleSearch.create().solve(problem.faster(1.5)).orElseThrow();
        try (HeterogeneousModel child = library.assemble(problem.architecture(best))) {
          ModelWriter.write(child, output, DType.BFLOAT16, files.path());
          System.out.printf("%s%npredicted KL %.4f%n", child.spec().blocks(), best.score());
        }
      }
    }
    return 0;
  }
}
