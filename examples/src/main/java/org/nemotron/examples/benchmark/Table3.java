package org.nemotron.examples.benchmark;

import static com.google.common.base.Preconditions.checkArgument;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.nemotron.core.backend.Backends;
import org.nemotron.core.cuda.Gpu;
import org.nemotron.core.inference.InferenceBackend;
import org.nemotron.core.inference.InferenceModel;
import org.nemotron.core.inference.KvFormat;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.Seed;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Measures the rows of Table 3 of the Puzzle release on one GPU or several, with random weights.
 */
@Command(
    name = "table3",
    mixinStandardHelpOptions = true,
    description = {
      "Measures generated tokens a second and GPU of the 51B, 70B and 8B shapes, beside what",
      "TensorRT-LLM reached and what the cards allow. Weights are random."
    })
public final class Table3 implements Callable<Integer> {
  @Option(names = "--device", defaultValue = "cuda", description = "Which GPU.")
  private String device = "cuda";

  @Option(names = "--model", defaultValue = "B51", description = "${COMPLETION-CANDIDATES}.")
  private Table3Models model = Table3Models.B51;

  @Option(
      names = "--only",
      split = ",",
      description = "Scenarios PROMPT/OUTPUT (default: the six of the table).")
  private List<String> only = new ArrayList<>();

  @Option(
      names = "--batch",
      split = ",",
      defaultValue = "0",
      description = "Sequences; 0 takes as many as memory holds (default: ${DEFAULT-VALUE}).")
  private List<Integer> batches = new ArrayList<>();

  @Option(
      names = "--kv",
      split = ",",
      defaultValue = "FLOAT8_E4M3",
      description = "KV cache: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  private List<KvFormat> kvFormats = new ArrayList<>();

  @Option(
      names = "--weights",
      defaultValue = "FLOAT8_E4M3",
      description = "BFLOAT16 or FLOAT8_E4M3 (default: ${DEFAULT-VALUE}).")
  private WeightFormat format = WeightFormat.FLOAT8_E4M3;

  @Option(
      names = "--seconds",
      defaultValue = "5",
      description = "Of decode steps in the short form; 0 generates all tokens.")
  private double seconds = 5;

  @Option(
      names = "--in-flight",
      defaultValue = "0",
      description = {
        "Sequences of all ages generate together, and so many new ones are read at a time;",
        "0: all begin and end together (default: ${DEFAULT-VALUE})."
      })
  private int admitted = 0;

  @Option(
      names = "--tensor-parallel",
      defaultValue = "1",
      description = "GPUs that share the model, from --device on (default: ${DEFAULT-VALUE}).")
  private int degree = 1;

  @Option(
      names = "--rows",
      defaultValue = "4096",
      description = "Tokens of a step that reads prompts (default: ${DEFAULT-VALUE}).")
  private int rows = 4096;

  @Option(
      names = "--layers",
      defaultValue = "0",
      description = "Only the first so many layers; 0 takes all.")
  private int layers = 0;

  @Option(names = "--profile", description = "What each kind of layer adds to a decode step.")
  private boolean profile = false;

  @Option(names = "--seed", defaultValue = "1", description = "Of the weights.")
  private long seed = 1;

  @Option(names = "--json", description = "Where to write the figures too.")
  private Path json = Path.of("");

  private final List<Map<String, Object>> measured = new ArrayList<>();

  @Override
  public Integer call() throws IOException {
    checkArgument(seconds >= 0, "--seconds (%s) must not be negative", seconds);
    Device where = Device.parse(device);
    ModelSpec spec = spec();
    Table3Limits limits = Table3Limits.of(spec);
    System.out.printf(
        Locale.ROOT,
        "%s: %.2f billion parameters in layers, %.0f KV elements a token%n",
        model,
        limits.blockParameters() / 1e9,
        limits.kvElements());
    long begin = System.nanoTime();
    try (InferenceBackend host = Backends.of(where, CpuThreads.available(), degree);
        InferenceModel ready =
            host.prepare(
                spec,
                new RandomWeights(spec, where, DType.BFLOAT16, new Seed(seed)),
                format,
                rows)) {
      System.out.printf(
          Locale.ROOT,
          "loaded in %.1f s: %.2f GB of weights together, %.2f GB free on the first GPU%n",
          (System.nanoTime() - begin) / 1e9,
          ready.weightBytes() / 1e9,
          free(where) / 1e9);
      for (Table3Scenario scenario : scenarios()) {
        for (KvFormat kv : kvFormats) {
          Table3Memory memory = new Table3Memory(ready, host, devices(where), kv);
          for (int batch : batches) {
            row(ready, limits, scenario, kv, batch > 0 ? batch : most(memory, scenario), where);
          }
        }
      }
    }
    return 0;
  }

  private ImmutableList<Device> devices(Device first) {
    return first.equals(Device.CPU)
        ? ImmutableList.of(first)
        : IntStream.range(0, degree)
            .mapToObj(rank -> new Device(first.kind(), first.index() + rank))
            .collect(ImmutableList.toImmutableList());
  }

  private int most(Table3Memory memory, Table3Scenario scenario) {
    return admitted > 0 ? memory.inFlight(scenario, admitted) : memory.batch(scenario);
  }

  private ModelSpec spec() {
    ModelSpec whole = model.spec();
    return layers == 0 ? whole : whole.withBlocks(whole.blocks().subList(0, layers));
  }

  private ImmutableList<Table3Scenario> scenarios() {
    return only.isEmpty()
        ? Table3Scenario.ALL
        : only.stream().map(Table3Scenario::parse).collect(ImmutableList.toImmutableList());
  }

  static double free(Device where) {
    return where.equals(Device.CPU) ? 0 : Gpu.of(where).freeBytes();
  }

  private void row(
      InferenceModel ready,
      Table3Limits limits,
      Table3Scenario scenario,
      KvFormat kv,
      int batch,
      Device where)
      throws IOException {
    Table3Run run = new Table3Run(ready, kv, scenario, batch);
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("model", model);
    row.put("scenario", scenario.toString());
    row.put("weights", format);
    row.put("kvCache", kv);
    row.put("batch", batch);
    row.put("gpus", degree);
    measured.add(row);
    try {
      if (admitted > 0) {
        inFlight(row, limits, run);
      } else {
        put(row, limits, run, seconds > 0 ? run.shortForm(seconds) : run.fullForm());
      }
      row.put("freeBytes", free(where));
      if (profile) {
        row.put("profile", run.profile());
      }
    } catch (RuntimeException e) {
      // The next row may fit where this one did not.
      row.put("failed", String.valueOf(e.getMessage()));
    }
    if (!where.equals(Device.CPU)) {
      Gpu.of(where).releaseUnused(); // of all GPUs
    }
    System.out.println(new ObjectMapper().writeValueAsString(row));
    if (!json.toString().isEmpty()) {
      new ObjectMapper().writerWithDefaultPrettyPrinter().writeValue(json.toFile(), measured);
    }
  }

  private void inFlight(Map<String, Object> row, Table3Limits limits, Table3Run run) {
    try (Table3InFlight flight =
        new Table3InFlight(
            run.model(), run.kvFormat(), run.scenario(), run.batch(), admitted, false)) {
      Table3InFlight.Window window = flight.measure(seconds);
      row.put("form", "in flight");
      putRate(row, limits, run.scenario(), window.tokensPerSecond());
      row.put("seconds", window.seconds());
      row.put("steps", window.steps());
      row.put("prefillSeconds", window.prefillSeconds());
      row.put("saturatedKvElements", flight.saturated());
    }
  }

  private void putRate(
      Map<String, Object> row, Table3Limits limits, Table3Scenario scenario, double rate) {
    Table3Limits.Best best = limits.best(scenario.prompt(), scenario.output(), degree);
    double perGpu = rate / degree;
    row.put("tokensPerSecond", rate);
    row.put("tokensPerSecondAndGpu", perGpu);
    scenario
        .measured(model, degree)
        .ifPresent(
            blog -> {
              row.put("tensorRtLlm", blog);
              row.put("tensorRtLlmGpus", scenario.measuredGpus(model, degree));
              row.put("ratio", perGpu / blog);
            });
    row.put("limit", best.tokensPerSecond());
    row.put("limitBatch", best.batch());
    row.put("shareOfLimit", perGpu / best.tokensPerSecond());
  }

  private void put(
      Map<String, Object> row, Table3Limits limits, Table3Run run, Table3Run.Times times) {
    int batch = run.batch();
    Table3Scenario scenario = run.scenario();
    row.put("form", seconds > 0 ? "short" : "full");
    putRate(row, limits, scenario, times.tokensPerSecond(batch, scenario.output()));
    row.put("prefillSeconds", times.prefillSeconds());
    row.put("prefillTokensPerSecond", (double) batch * scenario.prompt() / times.prefillSeconds());
    row.put("decodeSeconds", times.decodeSeconds());
    row.put("decodeTokensPerSecond", (double) batch * scenario.output() / times.decodeSeconds());
    row.put("stepSeconds", times.stepSeconds());
    row.put("saturatedKvElements", times.saturated());
  }
}
