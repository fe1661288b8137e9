package org.nemotron.examples.guide;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.io.Closer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
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
import org.nemotron.nas.cost.CostTable;
import org.nemotron.nas.cost.LatencyMeter;
import org.nemotron.nas.cost.MeterSettings;
import org.nemotron.nas.cost.OwnCosts;
import org.nemotron.nas.cost.Scenario;
import org.nemotron.nas.distill.GlobalDistillationSettings;
import org.nemotron.nas.distill.GlobalDistiller;
import org.nemotron.nas.distill.LocalDistillationSettings;
import org.nemotron.nas.distill.LocalDistiller;
import org.nemotron.nas.distill.OptimizerSettings;
import org.nemotron.nas.library.Architecture;
import org.nemotron.nas.library.BlockLibrary;
import org.nemotron.nas.library.Calibrator;
import org.nemotron.nas.library.InitSettings;
import org.nemotron.nas.library.SearchSpace;
import org.nemotron.nas.pipeline.ArchitectureProblem;
import org.nemotron.nas.pipeline.Compression;
import org.nemotron.nas.pipeline.CompressionPlan;
import org.nemotron.nas.pipeline.NoArchitectureException;
import org.nemotron.nas.pipeline.PlanFiles;
import org.nemotron.nas.pipeline.RunDirectory;
import org.nemotron.nas.pipeline.Target;
import org.nemotron.nas.report.RunSummary;
import org.nemotron.nas.score.BlockScorer;
import org.nemotron.nas.score.ModelEvaluator;
import org.nemotron.nas.score.ModelQuality;
import org.nemotron.nas.score.Score;
import org.nemotron.nas.score.ScoreTable;
import org.nemotron.nas.score.ScoringSettings;
import org.nemotron.nas.search.Alternative;
import org.nemotron.nas.search.Budget;
import org.nemotron.nas.search.Frontier;
import org.nemotron.nas.search.FrontierGrid;
import org.nemotron.nas.search.OutcomeJson;
import org.nemotron.nas.search.ProblemJson;
import org.nemotron.nas.search.PuzzleSearch;
import org.nemotron.nas.search.Rule;
import org.nemotron.nas.search.SearchListener;
import org.nemotron.nas.search.SearchOutcome;
import org.nemotron.nas.search.SearchProblem;
import org.nemotron.nas.search.Sensitivity;
import org.nemotron.nas.search.Solution;
import org.nemotron.runtime.chat.ChatMessage;
import org.nemotron.runtime.engine.EngineSettings;
import org.nemotron.runtime.engine.GeneratedToken;
import org.nemotron.runtime.engine.Generation;
import org.nemotron.runtime.engine.GenerationRequest;
import org.nemotron.runtime.engine.GenerationResult;
import org.nemotron.runtime.engine.TextGenerator;
import org.nemotron.runtime.engine.TokenListener;
import org.nemotron.runtime.sampling.SamplingParams;

/**
 * The chapters of the guide, one after the other. What stands between {@code // snippet: NAME} and
 * {@code // end} is what the guide shows.
 */
final class ApiGuideTest {
  private static final Path MODELS = Path.of("models");
  private static final Path TEXTS = Path.of("data");

  @Test
  void runChapter_aParentAndATarget_writesChildAndReport(@TempDir Path output)
      throws IOException, NoArchitectureException {
    Path directory = MODELS.resolve("tale-7m");
    Path text = TEXTS.resolve("tinystories.train.txt.gz");
    Path heldOut = TEXTS.resolve("tinystories.val.txt.gz");
    // snippet: run
    Compression compression =
        Compression.of(directory)
            .text(text)
            .heldOut(heldOut)
            .target(Target.speedup(1.2))
            .change(plan -> plan.toBuilder().space(SearchSpace.NO_OPS).build())
            .brief(); // a tenth of the work
    RunSummary summary = compression.run(output);
    // end
    assertThat(summary.mainTarget().name()).isEqualTo("1.2x");
    assertThat(output.resolve("child/model.safetensors")).isNotEmptyFile();
    assertThat(output.resolve("report/index.html")).isNotEmptyFile();

    // snippet: plan
    CompressionPlan plan = compression.plan().withOutput(output);
    CompressionPlan more =
        plan.toBuilder()
            .targets(ImmutableList.of(Target.speedup(1.2), Target.speedup(1.4)))
            .build();
    String json = PlanFiles.write(more); // and PlanFiles.read(file)
    // end
    assertThat(more.targets()).hasSize(2);
    assertThat(json).contains("1.4x");

    // snippet: adapt
    try (RunDirectory run = RunDirectory.open(output)) {
      ArchitectureProblem problem = run.problem();
      SearchProblem wanted =
          problem.faster(1.3).toBuilder().rule(Rule.atMost("attention.noop", 3)).build();
      Solution best = PuzzleSearch.create().solve(wanted).orElseThrow();
      Architecture architecture = problem.architecture(best);
      HeterogeneousModel child = run.library().assemble(architecture); // the caller closes it
      System.out.println(child.spec().parameters());
    }
    // end

    // snippet: own
    try (RunDirectory run = RunDirectory.open(output)) {
      ScoreTable measured = run.scores();
      ScoreTable scores =
          measured.with(
              "weighted",
              candidate -> {
                Score score = measured.score(candidate);
                return score.klNats() + 2 * score.accuracyDrop();
              });
      ImmutableMap<String, Double> each = ImmutableMap.of("attention.kv4", 1.9, "ffn.w704", 3.1);
      OwnCosts joules = new OwnCosts("joules", "a meter, 2026-11-26", 0.4, each);
      CostTable costs = run.costs().get(0).with(joules);
      var problem =
          new ArchitectureProblem(run.parentSpec(), scores, costs, new Score.Metric("weighted"));
      SearchProblem frugal = problem.within(ImmutableList.of(Budget.atMost("joules", 30)));
      Solution best = PuzzleSearch.create().solve(frugal).orElseThrow();
      System.out.println(problem.blockChoice(best.choices().get(0).alternative()).spec());
    }
    // end
  }

  @Test
  void searchChapter_ofATable_findsAndExplains() {
    // snippet: table
    SearchProblem.Builder layers = SearchProblem.builder();
    for (int layer = 0; layer < 12; layer++) {
      double sensitivity = 1 + layer % 5;
      layers.layer(
          Alternative.of("wide", 0, Map.of("ms", 3, "mb", 8)),
          Alternative.of("narrow", 0.1 * sensitivity, Map.of("ms", 2, "mb", 5)),
          Alternative.of("noop", 0.4 * sensitivity, Map.of("ms", 0, "mb", 0)).ofKinds("noop"));
    }
    SearchProblem table =
        layers
            .fixedCosts(Map.of("mb", 40)) // what no choice changes: embeddings, head
            .budget(Budget.atMost("ms", 24))
            .budget(Budget.between("mb", 80, 110))
            .rule(Rule.atMost("noop", 3)) // layers of a kind
            .rule(Rule.force(0, "wide"))
            .rule(Rule.forbid(11, "noop"))
            .build();
    // end
    assertThat(table.costNames()).containsExactlyInAnyOrder("ms", "mb");

    // snippet: outcome
    SearchOutcome answer = PuzzleSearch.create().solve(table);
    if (answer instanceof SearchOutcome.Found found) {
      Solution architecture = found.best();
      System.out.println(
          architecture.ids() + " " + architecture.costs() + " " + architecture.gap());
    } else if (answer instanceof SearchOutcome.Infeasible infeasible) {
      System.out.println(infeasible.clash() + " " + infeasible.pins() + " " + infeasible.repairs());
    } else if (answer instanceof SearchOutcome.Unfinished unfinished) {
      System.out.println(unfinished.ending() + " " + unfinished.bound());
    }
    // end
    assertThat(answer.orElseThrow().costs()).containsEntry("ms", 24.0);

    // snippet: limits
    PuzzleSearch hurried =
        PuzzleSearch.builder()
            .relativeGap(1e-4) // a weaker proof, sooner
            .timeLimit(Duration.ofSeconds(10)) // for each call
            .memoryShare(0.2) // of the greatest heap
            .listener(
                new SearchListener() {
                  @Override
                  public void onProgress(Progress progress) {
                    System.out.println(progress.done() + " of " + progress.expected());
                  }

                  @Override
                  public void onImprovement(Improvement improvement) {
                    System.out.println(improvement.score() + " or up to " + improvement.bound());
                  }
                })
            .build();
    SearchOutcome nearly = hurried.solve(table);
    // end
    assertThat(nearly.orElseThrow().gap()).isLessThanOrEqualTo(1e-4);

    // snippet: several
    SearchProblem five = table.toBuilder().solutions(5).minDifferentLayers(3).build();
    SearchOutcome several = hurried.solve(five); // each the best that differs enough
    Frontier frontier = hurried.frontier(table, "ms", 8); // the best for eight limits on "ms"
    FrontierGrid grid = hurried.grid(table, "ms", 4, "mb", 3);
    Optional<Sensitivity> sensitivity = PuzzleSearch.create().sensitivity(table);
    // end
    assertThat(((SearchOutcome.Found) several).solutions()).hasSize(5);
    assertThat(frontier.complete()).isTrue();
    assertThat(grid.cells()).isNotEmpty();
    assertThat(sensitivity.orElseThrow().budgets()).hasSize(3);

    // snippet: json
    SearchProblem read = ProblemJson.parse(ProblemJson.write(table));
    String written = OutcomeJson.write(PuzzleSearch.create().solve(read));
    // end
    assertThat(read).isEqualTo(table);
    assertThat(written).startsWith("{\"status\":\"found\"");
  }

  /** One method, because the guide is one program: each chapter goes on with what the last made. */
  @Test
  void compressionChapters_inOrder_writeAChildThatReads(@TempDir Path folder) throws IOException {
    Path directory = MODELS.resolve("tale-7m");
    Path text = TEXTS.resolve("tinystories.train.txt.gz");
    Path output = folder.resolve("child");
    try (Closer opened = Closer.create()) {
      // snippet: load
      HeterogeneousModel parent = ModelReader.read(directory);
      Tokenizer tokenizer = Tokenizer.open(directory);
      // end
      opened.register(parent::close);
      opened.register(tokenizer::close);
      assertThat(parent.spec().layers()).isEqualTo(8);

      // snippet: text
      ImmutableList<String> documents = TextFiles.documents(text, 2_000_000); // bytes
      TokenCorpus corpus = TokenCorpus.encode(documents, tokenizer, parent.spec(), 50_000);
      TokenBatches batches = new TokenBatches(corpus, 2, 128, new Seed(1));
      EvaluationBatches validation = new EvaluationBatches(corpus, 2, 128, 4);
      // end
      assertThat(corpus.length()).isPositive();

      // snippet: library
      SearchSpace space =
          SearchSpace.builder()
              .kvHeads(2)
              .ffnFractions(0.5) // of the intermediate size
              .noOpAttention(true)
              .noOpFfn(true)
              .build();
      BlockLibrary start = new Calibrator(InitSettings.DEFAULT).calibrate(parent, space, batches);

      LocalDistillationSettings local = LocalDistillationSettings.DEFAULT.withSteps(3);
      BlockLibrary library =
          new LocalDistiller(local).distill(start, start.candidates(), batches).library();
      // end
      opened.register(start::close);
      opened.register(library::close);
      assertThat(library.trained()).hasSize(16); // what is left out needs no training

      // snippet: tables
      ScoreTable scores = new BlockScorer(ScoringSettings.DEFAULT).score(library, validation);
      Scenario scenario = new Scenario(4, 32, 32); // requests, prompt tokens, output tokens
      CostTable costs = new LatencyMeter(MeterSettings.BRIEF).measure(parent, space, scenario);
      // end

      // snippet: search
      var problem = new ArchitectureProblem(parent.spec(), scores, costs, Score.Metric.KL);
      SearchOutcome outcome = PuzzleSearch.create().solve(problem.faster(1.2));
      Solution best = outcome.orElseThrow(); // or by type: Found, Infeasible, …
      // end
      assertThat(best.choices()).isNotEmpty();

      // snippet: assemble
      HeterogeneousModel assembled = library.assemble(problem.architecture(best));
      // end
      opened.register(assembled::close);
      assertThat(assembled.spec().parameters()).isLessThan(parent.spec().parameters());

      // snippet: distill
      GlobalDistillationSettings global =
          GlobalDistillationSettings.DEFAULT
              .withSteps(2)
              .withOptimizer(OptimizerSettings.ofRate(1e-4));
      HeterogeneousModel child =
          new GlobalDistiller(global).distill(parent, assembled, batches, validation).child();
      ImmutableList<ModelQuality> quality =
          new ModelEvaluator(validation).evaluate(parent, ImmutableList.of(parent, child));
      // end
      opened.register(child::close);
      assertThat(quality.get(0).klNats()).isLessThan(quality.get(1).klNats());

      // snippet: save
      ModelWriter.write(child, output, DType.BFLOAT16, directory); // tokenizer files from there
      // end
      try (HeterogeneousModel again = ModelReader.read(output)) {
        assertThat(again.spec().blocks()).isEqualTo(child.spec().blocks());
      }
    }
  }

  @Test
  void servingChapters_onTheParent_generate() throws IOException {
    Path directory = MODELS.resolve("tale-7m");
    StringBuilder printed = new StringBuilder();
    // snippet: generate
    try (TextGenerator generator = TextGenerator.open(directory)) {
      GenerationRequest request =
          GenerationRequest.continuing("Once upon a time")
              .maxNewTokens(40)
              .sampling(SamplingParams.builder().temperature(0.8).topP(0.95).seed(7).build())
              .stopStrings("The end")
              .build();
      GenerationResult result = generator.generate(request, piece -> printed.append(piece));
      System.out.println(result.text() + " (" + result.finish() + ")");
    }
    // end
    assertThat(printed).isNotEmpty();

    // snippet: tokens
    try (TextGenerator generator = TextGenerator.open(directory)) {
      GenerationRequest request =
          GenerationRequest.continuing("The cat")
              .maxNewTokens(20)
              .sampling(SamplingParams.builder().temperature(0.8).topLogProbs(3).build())
              .build();
      generator.generate(
          request,
          new TokenListener() {
            @Override
            public void onToken(GeneratedToken token) {
              System.out.println(token.id() + " " + token.text() + " " + token.topLogProbs());
            }

            @Override
            public void onRest(String text) {
              System.out.println(text); // what only the end made certain
            }
          });
    }
    // end

    // snippet: serve
    EngineSettings settings = EngineSettings.builder().maxBatch(8).queueCapacity(64).build();
    try (TextGenerator generator = TextGenerator.open(directory, settings)) {
      ImmutableList<Generation> running =
          Stream.of("The cat", "A small dog", "One day, Tim", "Once upon a time")
              .map(GenerationRequest::continuing)
              .map(request -> generator.submit(request.maxNewTokens(30).build()))
              .collect(ImmutableList.toImmutableList());
      running.get(0).cancel(); // a caller who has gone
      for (Generation generation : running.subList(1, 4)) {
        System.out.println(generation.await().text()); // or pieces(), or future()
      }
      boolean tooMany =
          generator.trySubmit(GenerationRequest.continuing("A bird").build()).isEmpty();
      System.out.println(tooMany + " " + generator.metrics());
    }
    // end
  }

  /** The parent that comes along is no chat model: a copy of it gets a template. */
  @Test
  void chatChapter_onAModelWithATemplate_answers(@TempDir Path chatModel) throws IOException {
    for (String file :
        List.of("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")) {
      Files.copy(MODELS.resolve("tale-7m").resolve(file), chatModel.resolve(file));
    }
    Files.writeString(
        chatModel.resolve("chat_template.jinja"),
        "{{ bos_token }}{% for message in messages %}{{ message.content }}\n{% endfor %}");
    StringBuilder printed = new StringBuilder();
    // snippet: chat
    try (TextGenerator generator = TextGenerator.open(chatModel)) {
      List<ChatMessage> messages = new ArrayList<>();
      messages.add(ChatMessage.system("You tell short stories."));
      messages.add(ChatMessage.user("One about a cat, please."));
      GenerationResult story = generator.chat(messages);

      messages.add(ChatMessage.assistant(story.text()));
      messages.add(ChatMessage.user("What did the dog do?"));
      GenerationRequest request =
          GenerationRequest.chat(messages)
              .maxNewTokens(40)
              .sampling(SamplingParams.read(chatModel).toBuilder().seed(7).build())
              .build();
      generator.generate(request, piece -> printed.append(piece));
    }
    // end
    assertThat(printed).isNotEmpty();
  }
}
