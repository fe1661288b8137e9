package org.example;

import java.io.IOException;
import java.nio.file.Path;
import org.nemotron.core.checkpoint.ModelReader;
import org.nemotron.core.checkpoint.ModelWriter;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Seed;
import org.nemotron.core.text.EvaluationBatches;
import org.nemotron.core.text.TextFiles;
import org.nemotron.core.text.TokenBatches;
import org.nemotron.core.text.TokenCorpus;
import org.nemotron.core.text.Tokenizer;
import org.nemotron.nas.cost.LatencyMeter;
import org.nemotron.nas.cost.MeterSettings;
import org.nemotron.nas.cost.Scenario;
import org.nemotron.nas.library.BlockLibrary;
import org.nemotron.nas.library.Calibrator;
import org.nemotron.nas.library.InitSettings;
import org.nemotron.nas.library.SearchSpace;
import org.nemotron.nas.pipeline.ArchitectureProblem;
import org.nemotron.nas.score.BlockScorer;
import org.nemotron.nas.score.Score;
import org.nemotron.nas.score.ScoringSettings;
import org.nemotron.nas.search.PuzzleSearch;
import org.nemotron.nas.search.Solution;
import org.nemotron.runtime.engine.GenerationRequest;
import org.nemotron.runtime.engine.TextGenerator;

/** Compresses a model (MODEL TEXT CHILD), then lets the child speak. */
public final class Consumer {
  private Consumer() {}

  public static void main(String[] arguments) throws IOException {
    Path directory = Path.of(arguments[0]);
    Path output = Path.of(arguments[2]);
    SearchSpace space =
        SearchSpace.builder()
            .kvHeads(2)
            .ffnFractions(0.5)
            .noOpAttention(true)
            .noOpFfn(true)
            .build();
    try (HeterogeneousModel parent = ModelReader.read(directory);
        Tokenizer tokenizer = Tokenizer.open(directory)) {
      TokenCorpus corpus =
          TokenCorpus.encode(
              TextFiles.documents(Path.of(arguments[1]), 500_000),
              tokenizer,
              parent.spec(),
              20_000);
      TokenBatches batches = new TokenBatches(corpus, 2, 128, new Seed(1));
      try (BlockLibrary library =
          new Calibrator(InitSettings.DEFAULT).calibrate(parent, space, batches)) {
        var scores =
            new BlockScorer(ScoringSettings.DEFAULT)
                .score(library, new EvaluationBatches(corpus, 2, 128, 2));
        var costs =
            new LatencyMeter(MeterSettings.BRIEF).measure(parent, space, new Scenario(4, 32, 32));
        var problem = new ArchitectureProblem(parent.spec(), scores, costs, Score.Metric.KL);
        Solution best =
            PuzzleSearch.builder()
                .method(PuzzleSearch.Method.SCIP) // loads OR-Tools too
                .build()
                .solve(problem.faster(1.2))
                .orElseThrow();
        try (HeterogeneousModel child = library.assemble(problem.architecture(best))) {
          ModelWriter.write(child, output, DType.BFLOAT16, directory);
          System.out.printf(
              "%d of %d parameters%n", child.spec().parameters(), parent.spec().parameters());
        }
      }
    }
    try (TextGenerator generator = TextGenerator.open(output)) {
      System.out.println(
          generator
              .generate(GenerationRequest.continuing("Once upon a time").maxNewTokens(8).build())
              .text());
    }
  }
}
