package org.nemotron.examples;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.hash.Hashing;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.nemotron.core.data.DocumentSource;
import org.nemotron.core.distributed.Communicator;
import org.nemotron.core.distributed.RankEnvironment;
import org.nemotron.core.provenance.Provenance;
import org.nemotron.core.tensor.Device;
import org.nemotron.examples.evaluation.Conversations;
import org.nemotron.examples.shell.LocalRanks;
import org.nemotron.examples.shell.ModelArgument;
import org.nemotron.examples.shell.RankOptions;
import org.nemotron.nas.estimate.Estimate;
import org.nemotron.nas.pipeline.Compression;
import org.nemotron.nas.pipeline.CompressionPipeline;
import org.nemotron.nas.pipeline.CompressionPlan;
import org.nemotron.nas.pipeline.NoArchitectureException;
import org.nemotron.nas.pipeline.PipelineListener;
import org.nemotron.nas.pipeline.PlanFiles;
import org.nemotron.nas.report.ConsoleReport;
import org.nemotron.nas.report.EstimateText;
import org.nemotron.nas.report.RunSummary;
import org.nemotron.runtime.chat.TemplateConversations;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The main program: compresses a parent to children and reports what they are worth. */
@Command(
    name = "compress",
    mixinStandardHelpOptions = true,
    description = "Compresses a trained Llama-style model under a budget, by the Puzzle method.",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:every limit was met",
      "1:the run failed, or what it needs does not fit",
      "2:an argument was not understood",
      "3:the children are there, but a limit on speed was not met as measured, or not certainly"
    })
final class Compress implements Callable<Integer> {
  private static final int FAILED = 1;
  private static final int LIMIT_MISSED = 3;
  private static final Path MODEL = Path.of("examples/models/tale-deep-7m");
  private static final ImmutableList<Path> TEXTS =
      ImmutableList.of(
          Path.of("examples/data/tinystories.train.txt.gz"),
          Path.of("examples/data/books_children.txt.gz"));
  private static final ImmutableList<Path> HELD_OUT =
      ImmutableList.of(
          Path.of("examples/data/tinystories.val.txt.gz"),
          Path.of("examples/data/books_heldout.txt.gz"));

  @Option(
      names = "--parent",
      paramLabel = "MODEL",
      description = "Hugging Face directory, or GGUF file")
  private Path parent = MODEL;

  @Option(
      names = "--text",
      paramLabel = "FILE",
      description = "calibration text (.txt, .txt.gz or .txt.zst), may be repeated")
  private List<Path> texts = new ArrayList<>();

  @Option(
      names = "--data",
      paramLabel = "FILES",
      description =
          "documents to learn from in place of texts, a file or a pattern in quotes (.jsonl with a"
              + " key text, .parquet with a column text, .txt, .idx of Megatron-LM; .gz, .zst), may"
              + " be repeated; a plan's inputs.documents says more")
  private List<String> data = new ArrayList<>();

  @Option(
      names = "--held-out",
      paramLabel = "FILE",
      description = "text to measure on, may be repeated; without it, that of the examples")
  private List<Path> heldOut = new ArrayList<>();

  @Option(names = "--output", paramLabel = "DIR", description = "directory of the run")
  private Path output = Path.of("run");

  @Option(names = "--device", paramLabel = "DEVICE", description = "cpu, cuda or cuda:N")
  private String device = "cpu";

  @Option(
      names = "--plan",
      paramLabel = "FILE",
      description = "JSON with what differs from the defaults")
  private @Nullable Path plan;

  @Option(names = "--short", description = "a tenth of the work, to see that everything runs")
  private boolean brief;

  @Option(
      names = "--dry-run",
      description = "print what each stage would take on this machine, and run nothing")
  private boolean dryRun;

  @Option(
      names = "--estimate",
      description = "measure the machine first, refuse what cannot fit, and compare in the report")
  private boolean estimated;

  @Mixin private RankOptions ranksOf = new RankOptions();

  @Option(names = "--tensorboard", description = "write files for TensorBoard into the run, too")
  private boolean tensorBoard;

  @Override
  public Integer call() throws IOException, NoArchitectureException {
    if (ranksOf.isLauncher() && !dryRun) {
      return ranksOf.launch(Main.class, device);
    }
    LocalRanks.endWithLauncher();
    RankEnvironment environment = RankEnvironment.ofProcess();
    CompressionPlan asked = plan(Device.parse(ranksOf.device(device)));
    CompressionPlan given = at(asked, environment.device(asked.execution().device()));
    Path unused = ModelArgument.checked(given.inputs().parent());
    if (dryRun) {
      return shown(
          pipeline(given, PipelineListener.SILENT)
              .estimate(Math.max(ranksOf.count(), environment.size())));
    }
    try (Communicator ranks =
        Communicator.open(environment, given.execution().device(), identity(given))) {
      if (ranks.rank() > 0) {
        new CompressionPipeline(given)
            .withConversations(TemplateConversations::read)
            .withRanks(ranks)
            .follow();
        return 0;
      }
      return run(given, ranks);
    }
  }

  /** What ranks must have in common; each has a GPU of its own. */
  private static ImmutableMap<String, String> identity(CompressionPlan plan) {
    Device first = new Device(plan.execution().device().kind(), 0);
    String text = PlanFiles.write(at(plan, first));
    return ImmutableMap.of(
        "version of this library",
        Provenance.LIBRARY_VERSION,
        "plan",
        Hashing.sha256().hashString(text, StandardCharsets.UTF_8).toString().substring(0, 16));
  }

  private static CompressionPlan at(CompressionPlan plan, Device device) {
    return plan.toBuilder().execution(plan.execution().withDevice(device)).build();
  }

  private static int shown(Estimate estimate) {
    System.out.print(EstimateText.render(estimate, StandardCharsets.UTF_8));
    return estimate.refusals().isEmpty() ? 0 : FAILED;
  }

  private int run(CompressionPlan given, Communicator ranks)
      throws IOException, NoArchitectureException {
    Optional<Estimate> estimate = Optional.empty();
    if (estimated) {
      Estimate made = pipeline(given, PipelineListener.SILENT).withRanks(ranks).estimate();
      if (shown(made) != 0) {
        ranks.failed("what the run needs does not fit");
        return FAILED;
      }
      estimate = Optional.of(made);
    }
    RunSummary summary;
    try (ProgressBars bars = new ProgressBars()) {
      CompressionPipeline pipeline = pipeline(given, bars).withRanks(ranks);
      pipeline = tensorBoard ? pipeline.withTensorBoard() : pipeline;
      summary = estimate.map(pipeline::withEstimate).orElse(pipeline).run();
    }
    System.out.println(ConsoleReport.in(StandardCharsets.UTF_8).render(summary));
    Path run = given.execution().output();
    System.out.println("Report:   " + run.resolve("report/index.html"));
    System.out.println("Figures:  " + run.resolve("report/summary.json"));
    return summary.met() ? 0 : LIMIT_MISSED;
  }

  /** Returns the pipeline of {@code plan}, with the parent's chat template where it needs one. */
  private static CompressionPipeline pipeline(CompressionPlan plan, PipelineListener listener)
      throws IOException {
    CompressionPipeline pipeline =
        new CompressionPipeline(plan, listener).withConversations(TemplateConversations::read);
    return plan.evaluation().needsChatFormat()
        ? pipeline.chatFormat(Conversations.of(ImmutableList.of(plan.inputs().parent())))
        : pipeline;
  }

  private CompressionPlan plan(Device on) throws IOException {
    Compression compression = Compression.of(parent).on(on);
    for (Path text : texts.isEmpty() && data.isEmpty() ? TEXTS : texts) {
      compression = compression.text(text);
    }
    for (String files : data) {
      compression = compression.documents(DocumentSource.of(ImmutableList.of(files)));
    }
    for (Path text : heldOut.isEmpty() && data.isEmpty() ? HELD_OUT : heldOut) {
      compression = compression.heldOut(text);
    }
    CompressionPlan given = (brief ? compression.brief() : compression).plan().withOutput(output);
    return plan == null ? given : PlanFiles.read(plan, given);
  }
}
