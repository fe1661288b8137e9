package org.nemotron.examples.benchmark;

import static com.google.common.base.Preconditions.checkArgument;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.nemotron.core.backend.Backends;
import org.nemotron.core.cuda.Gpu;
import org.nemotron.core.inference.InferenceBackend;
import org.nemotron.core.inference.InferenceModel;
import org.nemotron.core.inference.KvFormat;
import org.nemotron.core.inference.ModelFormat;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.Seed;
import org.nemotron.nas.report.ThroughputRow;
import org.nemotron.nas.report.html.ThroughputPage;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Measures the rows of Table 3 of the Puzzle release on one GPU or several, with random weights.
 */
@Command(
    name = "table3",
    mixinStandardHelpOptions = true,
    description = {
      "Measures generated tokens a second and GPU of the 51B, 49B, 70B and 8B shapes, beside what",
      "TensorRT-LLM reached and what the cards allow. Weights are random."
    })
public final class Table3 implements Callable<Integer> {
  private static final int EVEN = -1;

  @Option(names = "--device", defaultValue = "cuda", description = "Which GPU.")
  private String device = "cuda";

  @Option(
      names = "--model",
      split = ",",
      description = "${COMPLETION-CANDIDATES} (default: B51, unless there is a --config).")
  private List<Table3Models> models = new ArrayList<>();

  @Option(
      names = "--config",
      split = ",",
      description = "A config.json of another model, or a directory with one.")
  private List<Path> configs = new ArrayList<>();

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
      names = "--head",
      defaultValue = "BFLOAT16",
      description = "The head: BFLOAT16 or FLOAT8_E4M3 (default: ${DEFAULT-VALUE}).")
  private WeightFormat head = WeightFormat.BFLOAT16;

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
      names = "--mixed",
      defaultValue = "0",
      description = {
        "Sequences of all ages generate together, and steps read so many tokens of prompts",
        "beside; -1: as many as keep the number of sequences; 0: not so (default:",
        "${DEFAULT-VALUE})."
      })
  private int mixed = 0;

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
  private Optional<Path> json = Optional.empty();

  @Option(
      names = "--html",
      description = "Where to write them as a page, with a picture over batch sizes.")
  private Optional<Path> html = Optional.empty();

  private final List<Map<String, Object>> measured = new ArrayList<>();
  private final List<ThroughputRow> shown = new ArrayList<>();

  @Override
  public Integer call() throws IOException {
    checkArgument(seconds >= 0, "--seconds (%s) must not be negative", seconds);
    checkArgument(
        admitted == 0 || mixed == 0,
        "--in-flight (%s) and --mixed (%s) must not both be given",
        admitted,
        mixed);
    checkArgument(admitted >= 0, "--in-flight (%s) must not be negative", admitted);
    checkArgument(mixed >= EVEN, "--mixed (%s) must be at least -1", mixed);
    for (Table3Subject subject : subjects()) {
      measure(subject.first(layers));
    }
    return 0;
  }

  private ImmutableList<Table3Subject> subjects() throws IOException {
    ImmutableList.Builder<Table3Subject> subjects = ImmutableList.builder();
    if (models.isEmpty() && configs.isEmpty()) {
      subjects.add(Table3Subject.of(Table3Models.B51));
    }
    models.forEach(model -> subjects.add(Table3Subject.of(model)));
    for (Path config : configs) {
      subjects.add(Table3Subject.read(config));
    }
    return subjects.build();
  }

  private void measure(Table3Subject subject) throws IOException {
    Device where = Device.parse(device);
    Table3Limits limits = Table3Limits.of(subject.spec());
    System.out.printf(
        Locale.ROOT,
        "%s: %.2f billion parameters in layers, %.0f KV elements a token%n",
        subject.name(),
        limits.blockParameters() / 1e9,
        limits.kvElements());
    long begin = System.nanoTime();
    try (InferenceBackend host = Backends.of(where, CpuThreads.available(), degree);
        InferenceModel ready =
            host.prepare(
                subject.spec(),
                new RandomWeights(subject.spec(), where, DType.BFLOAT16, new Seed(seed)),
                new ModelFormat(format, head),
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
            int taken = batch > 0 ? batch : most(memory, scenario);
            long pageBytes = host.bytesPerPage(subject.spec(), kv);
            ModelFormat formats = new ModelFormat(format, head);
            row(
                new Table3Row(subject, limits, scenario, formats, degree, pageBytes),
                memory,
                taken);
          }
        }
      }
    }
  }

  private ImmutableList<Device> devices(Device first) {
    return first.equals(Device.CPU)
        ? ImmutableList.of(first)
        : IntStream.range(0, degree)
            .mapToObj(rank -> new Device(first.kind(), first.index() + rank))
            .collect(ImmutableList.toImmutableList());
  }

  private int most(Table3Memory memory, Table3Scenario scenario) {
    return isInFlight() ? memory.inFlight(scenario, admission(scenario)) : memory.batch(scenario);
  }

  private boolean isInFlight() {
    return admitted > 0 || mixed != 0;
  }

  /** Returns how prompts are read in flight, by the number of sequences. */
  private IntFunction<Table3Admission> admission(Table3Scenario scenario) {
    return batch ->
        admitted > 0
            ? new Table3Admission.Apart(admitted)
            : mixed == EVEN
                ? Table3Admission.even(scenario, batch, rows)
                : new Table3Admission.Beside(mixed);
  }

  private ImmutableList<Table3Scenario> scenarios() {
    return only.isEmpty()
        ? Table3Scenario.ALL
        : only.stream().map(Table3Scenario::parse).collect(ImmutableList.toImmutableList());
  }

  static double free(Device where) {
    return where.equals(Device.CPU) ? 0 : Gpu.of(where).freeBytes();
  }

  private void row(Table3Row row, Table3Memory memory, int batch) throws IOException {
    Table3Run run = new Table3Run(memory.model(), memory.kv(), row.scenario(), batch);
    Device where = memory.gpus().get(0);
    Map<String, Object> figures = row.begin(run);
    measured.add(figures);
    try {
      ThroughputRow taken =
          isInFlight()
              ? row.inFlight(figures, run, admission(row.scenario()).apply(batch), seconds)
              : row.together(figures, run, seconds);
      shown.add(taken);
      figures.put("freeBytes", free(where));
      if (profile) {
        figures.put("profile", run.profile());
      }
    } catch (RuntimeException e) {
      // The next row may fit where this one did not.
      figures.put("failed", String.valueOf(e.getMessage()));
    }
    if (!where.equals(Device.CPU)) {
      Gpu.of(where).releaseUnused(); // of all GPUs
    }
    System.out.println(new ObjectMapper().writeValueAsString(figures));
    write();
  }

  /** Writes all that has been measured, after each row. */
  private void write() throws IOException {
    if (json.isPresent()) {
      new ObjectMapper()
          .writerWithDefaultPrettyPrinter()
          .writeValue(json.orElseThrow().toFile(), measured);
    }
    if (html.isPresent() && !shown.isEmpty()) {
      String where =
          String.format(
              "Measured on %s with random weights on %s.",
              degree == 1
                  ? "one device (" + device + ")"
                  : degree + " GPUs that share a model (from " + device + " on)",
              LocalDate.now(ZoneOffset.UTC));
      Files.writeString(
          html.orElseThrow(),
          ThroughputPage.render(
              "Throughput of Table 3", where, "TensorRT-LLM", ImmutableList.copyOf(shown)));
    }
  }
}
