package org.nemotron.examples.benchmark;

import static com.google.common.base.Preconditions.checkArgument;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Sets;
import com.google.common.math.Quantiles;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.nemotron.core.backend.Backends;
import org.nemotron.core.checkpoint.CheckpointWeights;
import org.nemotron.core.checkpoint.ModelReader;
import org.nemotron.core.cuda.Gpu;
import org.nemotron.core.distributed.Communicator;
import org.nemotron.core.distributed.RankEnvironment;
import org.nemotron.core.inference.InferenceBackend;
import org.nemotron.core.inference.InferenceModel;
import org.nemotron.core.inference.KvFormat;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.Seed;
import org.nemotron.examples.Main;
import org.nemotron.examples.shell.LocalRanks;
import org.nemotron.examples.shell.ModelArgument;
import org.nemotron.examples.shell.RankOptions;
import org.nemotron.nas.cost.DeviceLimits;
import org.nemotron.nas.cost.Scenario;
import org.nemotron.nas.distill.OptimizerStates;
import org.nemotron.nas.pipeline.NoArchitectureException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Measures serving, scoring, distillation and a child's speed-up on a GPU beside what the GPU can
 * do: bandwidth and matrix products.
 */
@Command(
    name = "gpu-benchmark",
    mixinStandardHelpOptions = true,
    description =
        "Measures serving, scoring, distillation and benchmark tasks on a GPU, beside its limits.")
public final class GpuBenchmark implements Callable<Integer> {
  /** What several ranks do together. */
  private static final ImmutableSet<Work> SHARED =
      Sets.immutableEnumSet(Work.SCORING, Work.DISTILLATION, Work.GLOBAL);

  @Option(names = "--device", defaultValue = "cuda", description = "Which GPU.")
  private String device = "cuda";

  @Option(
      names = "--model",
      description =
          "A Hugging Face directory or GGUF; random weights in Llama-3.1-8B's shape without.")
  private Path model = Path.of("");

  @Option(names = "--context", defaultValue = "1024", description = "Tokens read before decode.")
  private int context = 1024;

  @Option(names = "--batches", split = ",", defaultValue = "1,64", description = "Batch sizes.")
  private List<Integer> batches = new ArrayList<>();

  @Option(names = "--prompts", defaultValue = "4", description = "Prompts of a prefill.")
  private int prompts = 4;

  @Option(names = "--prompt-tokens", defaultValue = "2048", description = "Tokens of each.")
  private int promptTokens = 2048;

  @Option(
      names = "--weights",
      defaultValue = "BFLOAT16",
      description = "BFLOAT16 or FLOAT8_E4M3 (default: ${DEFAULT-VALUE}).")
  private WeightFormat format = WeightFormat.BFLOAT16;

  @Option(
      names = "--kv",
      defaultValue = "USUAL",
      description = "KV cache: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  private KvFormat kvFormat = KvFormat.USUAL;

  @Option(
      names = "--tensor-parallel",
      defaultValue = "1",
      description = "GPUs that share the model in --only serving (default: ${DEFAULT-VALUE}).")
  private int degree = 1;

  @Option(names = "--steps", defaultValue = "64", description = "Decode steps that are timed.")
  private int steps = 64;

  @Option(
      names = "--only",
      split = ",",
      defaultValue = "serving",
      description = "What to measure: ${COMPLETION-CANDIDATES}.")
  private List<Work> only = new ArrayList<>();

  @Option(
      names = "--shape",
      defaultValue = "llama_8b",
      description = "Whose shape all but serving have: ${COMPLETION-CANDIDATES}.")
  private TrainingShape.Name shape = TrainingShape.Name.LLAMA_8B;

  @Option(names = "--child-speedup", defaultValue = "2.17", description = "Asked of the child.")
  private double childSpeedup = 2.17;

  @Option(names = "--child-batch", defaultValue = "64", description = "Requests at a time.")
  private int childBatch = 64;

  @Option(names = "--child-prompt", defaultValue = "128", description = "Tokens read of each.")
  private int childPrompt = 128;

  @Option(names = "--child-output", defaultValue = "1024", description = "Tokens written.")
  private int childOutput = 1024;

  @Option(
      names = "--global-batch",
      defaultValue = "2",
      description = "Sequences of a step of global distillation.")
  private int globalBatch = 2;

  @Option(
      names = "--global-tokens",
      split = ",",
      defaultValue = "4096",
      description = "Tokens of each.")
  private List<Integer> globalTokens = new ArrayList<>();

  @Option(names = "--global-steps", defaultValue = "8", description = "Steps, three or more.")
  private int globalSteps = 8;

  @Option(
      names = "--optimizer-states",
      split = ",",
      defaultValue = "EIGHT_BIT",
      description = "Of global distillation: ${COMPLETION-CANDIDATES}.")
  private List<OptimizerStates> optimizerStates = new ArrayList<>();

  @Option(
      names = "--parent-divided",
      description = "Global distillation by ranks that have slices of the parent, too.")
  private boolean parentDivided;

  @Mixin private RankOptions ranksOf = new RankOptions();

  @Option(
      names = "--tasks",
      defaultValue = "mmlu:5",
      description = "Benchmark tasks of --only evaluation, as evaluate takes them.")
  private String tasks = "mmlu:5";

  @Option(names = "--data", description = "Directory of the tasks' files.")
  private Path data = Path.of("");

  @Option(
      names = "--tokenizer",
      description = "A model's directory, whose tokenizer writes the tasks' prompts.")
  private Path tokenizer = Path.of("");

  @Option(
      names = "--limit",
      defaultValue = "2147483647",
      description = "So many items of each task, the first ones.")
  private int limit = Integer.MAX_VALUE;

  @Option(names = "--json", description = "Where to write the figures too.")
  private Path json = Path.of("");

  @Override
  public Integer call() throws IOException, NoArchitectureException {
    checkArgument(globalSteps > 2, "--global-steps (%s) must be three or more", globalSteps);
    checkArgument(limit > 0, "--limit (%s) must be positive", limit);
    if (ranksOf.isLauncher()) {
      return ranksOf.launch(Main.class, device);
    }
    LocalRanks.endWithLauncher();
    RankEnvironment environment = RankEnvironment.ofProcess();
    Device where = environment.device(Device.parse(ranksOf.device(device)));
    checkArgument(
        environment.size() == 1 || SHARED.containsAll(only),
        "%s is measured on one GPU; ranks share %s",
        only,
        SHARED);
    checkArgument(
        environment.size() > 1 || !parentDivided, "--parent-divided is for several ranks");
    try (Communicator ranks = Communicator.open(environment, where, ImmutableMap.of())) {
      try {
        measure(where, new SharedWork(ranks));
      } catch (IOException | NoArchitectureException | RuntimeException e) {
        ranks.failed(String.valueOf(e.getMessage())); // the others would wait on their GPUs
        throw e;
      }
    }
    return 0;
  }

  private void measure(Device where, SharedWork shared)
      throws IOException, NoArchitectureException {
    DeviceLimits limits = DeviceLimits.measure(where);
    Map<String, Object> figures = new LinkedHashMap<>();
    String name = where.equals(Device.CPU) ? "CPU" : Gpu.of(where).model();
    figures.put("GPU", name);
    figures.put("limits", limits);
    figures.put("weights", format);
    figures.put("tensorParallel", degree);
    shared.say(
        "%s: copy %.3g TB/s, matrix product %.3g TFLOP/s",
        name, limits.copyBytesPerSecond() / 1e12, limits.productFlops() / 1e12);
    if (only.contains(Work.SERVING)) {
      serving(where, limits, figures);
      write(shared, figures);
    }
    if (only.contains(Work.SCORING) || only.contains(Work.DISTILLATION)) {
      TrainingRuns.measure(
          TrainingShape.of(shape),
          where,
          limits,
          only,
          shared,
          (work, measured) -> {
            figures.put(work, measured);
            write(shared, figures);
          });
    }
    if (only.contains(Work.GLOBAL)) {
      figures.put("global", global(where, limits, shared));
      write(shared, figures);
    }
    if (only.contains(Work.CHILD)) {
      Scenario scenario = new Scenario(childBatch, childPrompt, childOutput);
      figures.put(
          "child",
          new ChildRun(TrainingShape.of(shape).spec(), where, scenario, childSpeedup, 2).measure());
    }
    if (only.contains(Work.EVALUATION)) {
      figures.put(
          "evaluation",
          new EvaluationRun(TrainingShape.of(shape).spec(), where, tasks, data, tokenizer, limit)
              .measure(limits, format));
    }
    write(shared, figures);
    shared.say("");
    figures.forEach((part, measured) -> shared.say("%s: %s", part, measured));
  }

  private List<Map<String, Object>> global(Device where, DeviceLimits limits, SharedWork shared)
      throws IOException {
    List<Map<String, Object>> runs = new ArrayList<>();
    for (OptimizerStates states : optimizerStates) {
      for (int tokens : globalTokens) {
        runs.add(
            new GlobalDistillationRun(
                    TrainingShape.of(shape),
                    where,
                    globalBatch,
                    tokens,
                    globalSteps,
                    states,
                    parentDivided,
                    shared)
                .measure(limits));
      }
    }
    return runs;
  }

  /** A later part may fail: what is known is written at once. */
  private void write(SharedWork shared, Map<String, Object> figures) throws IOException {
    if (shared.ranks().rank() == 0 && !json.toString().isEmpty()) {
      new ObjectMapper().writerWithDefaultPrettyPrinter().writeValue(json.toFile(), figures);
    }
  }

  /** What can be measured. */
  enum Work {
    /** Prefill and decode. */
    SERVING,
    /** Scores of alternatives. */
    SCORING,
    /** Blockwise local distillation. */
    DISTILLATION,
    /** Distillation of a whole child. */
    GLOBAL,
    /** A child that is searched for a speed-up, and the speed-up it then has. */
    CHILD,
    /** Benchmark tasks by the path of {@code evaluate}. */
    EVALUATION
  }

  private void serving(Device where, DeviceLimits limits, Map<String, Object> figures)
      throws IOException {
    try (InferenceBackend host = Backends.of(where, CpuThreads.available(), degree)) {
      try (InferenceModel ready = prepared(where, host)) {
        ServingSteps run = new ServingSteps(ready, format, kvFormat);
        figures.put("prefill", prefill(run, limits));
        List<Map<String, Object>> decodes = new ArrayList<>();
        for (int batch : batches) {
          decodes.add(decode(run, limits, batch));
        }
        figures.put("decode", decodes);
      }
    }
  }

  /** Tensor by tensor: in the format of its weights alone the model is in memory as a whole. */
  private InferenceModel prepared(Device where, InferenceBackend host) throws IOException {
    int rows = Math.max(host.usualRows(), prompts * promptTokens);
    if (model.toString().isEmpty()) {
      ModelSpec spec = RandomModels.LLAMA_8B;
      return host.prepare(
          spec, new RandomWeights(spec, where, DType.BFLOAT16, new Seed(1)), format, rows);
    }
    try (CheckpointWeights weights =
        ModelReader.weights(ModelArgument.checked(model), DType.BFLOAT16, where)) {
      return host.prepare(weights.spec(), weights, format, rows);
    }
  }

  private Map<String, Object> prefill(ServingSteps run, DeviceLimits limits) {
    ImmutableList<Duration> taken = run.prefill(prompts, promptTokens, 5);
    double seconds = median(taken);
    double flops = run.prefillFlops(prompts, promptTokens);
    double share = flops / seconds / limits.productFlops() / degree;
    System.out.printf(
        "prefill %d x %d: %.1f ms, %.0f TFLOP/s, %.0f %% of the matrix rate%n",
        prompts, promptTokens, seconds * 1e3, flops / seconds / 1e12, share * 100);
    return Map.of("seconds", seconds, "flops", flops, "shareOfMatrixRate", share);
  }

  private Map<String, Object> decode(ServingSteps run, DeviceLimits limits, int batch) {
    double seconds = median(run.decode(batch, context, steps));
    double bytes = run.decodeBytes(batch, context + steps / 2);
    double share = bytes / seconds / limits.copyBytesPerSecond() / degree;
    System.out.printf(
        "decode batch %d, context %d: %.3f ms a step, %.0f tokens/s, %.0f %% of the bandwidth%n",
        batch, context, seconds * 1e3, batch / seconds, share * 100);
    return Map.of(
        "batch", batch, "context", context, "seconds", seconds, "shareOfBandwidth", share);
  }

  private static double median(List<Duration> taken) {
    return Quantiles.median().compute(taken.stream().map(Duration::toNanos).toList()) / 1e9;
  }
}
