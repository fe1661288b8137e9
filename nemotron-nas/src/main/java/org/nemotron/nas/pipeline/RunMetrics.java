package org.nemotron.nas.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.nemotron.nas.distill.TrainingStep;
import org.nemotron.nas.estimate.Estimate;
import org.nemotron.nas.estimate.StageEstimate;
import org.nemotron.nas.report.EventFile;

/**
 * Writes what a run does while it runs: a JSON object a line in {@code metrics.jsonl}, and on
 * demand the same scalars for TensorBoard; and names what looks wrong. Passes all on to another
 * listener. Safe for use by several threads.
 *
 * <p>A file that cannot be written ends the writing, with a message, and not the run.
 */
final class RunMetrics implements PipelineListener, AutoCloseable {
  static final String FILE = "metrics.jsonl";
  static final String EVENTS = "tensorboard";

  /** Steps that show no loss are written no more often. */
  private static final double LEAST_SECONDS = 1;

  private static final ImmutableSet<String> NOT_SCALARS = ImmutableSet.of("time", "step", "steps");

  private static final ObjectMapper JSON = new ObjectMapper();

  private final PipelineListener next;
  private final Optional<Estimate> estimate;
  private final DoubleSupplier clock;
  private final LongSupplier hostBytes;
  private final LongSupplier deviceBytes;
  private final Map<String, Peak> peaks = new HashMap<>();
  private Optional<BufferedWriter> lines = Optional.empty();
  private Optional<EventFile> events = Optional.empty();
  private @Nullable Course course;
  private Optional<TrainingStep> trained = Optional.empty();

  /** The most memory that a stage was seen to take, in bytes. */
  record Peak(long hostBytes, long deviceBytes) {
    static final Peak NONE = new Peak(0, 0);

    Peak with(long host, long device) {
      return new Peak(Math.max(hostBytes, host), Math.max(deviceBytes, device));
    }
  }

  /** A stage at work. */
  private static final class Course {
    private final String stage;
    private final long steps;
    private final TrainingHealth health;
    private double last;
    private double written = Double.NEGATIVE_INFINITY;
    private long done;

    Course(String stage, long steps, double seconds) {
      this.stage = stage;
      this.steps = steps;
      this.health = new TrainingHealth(stage, seconds);
      this.last = seconds;
    }
  }

  /**
   * Makes metrics.
   *
   * @param directory of the run
   * @param tensorBoard whether files for it are written too
   * @param clock seconds since 1970
   * @param hostBytes what the process takes now
   * @param deviceBytes what is taken of the GPU now; 0 on the CPU
   * @throws IOException if the files for TensorBoard cannot be begun
   */
  RunMetrics(
      Path directory,
      PipelineListener next,
      Optional<Estimate> estimate,
      boolean tensorBoard,
      DoubleSupplier clock,
      LongSupplier hostBytes,
      LongSupplier deviceBytes)
      throws IOException {
    this(next, estimate, clock, hostBytes, deviceBytes);
    this.lines = opened(directory.resolve(FILE), next);
    if (tensorBoard) {
      this.events = Optional.of(new EventFile(directory.resolve(EVENTS), clock.getAsDouble()));
    }
  }

  private RunMetrics(
      PipelineListener next,
      Optional<Estimate> estimate,
      DoubleSupplier clock,
      LongSupplier hostBytes,
      LongSupplier deviceBytes) {
    this.next = next;
    this.estimate = estimate;
    this.clock = clock;
    this.hostBytes = hostBytes;
    this.deviceBytes = deviceBytes;
  }

  /** Returns metrics that write nothing: those of a rank whose work another one reports. */
  static RunMetrics none() {
    return new RunMetrics(
        PipelineListener.SILENT,
        Optional.empty(),
        () -> System.currentTimeMillis() / 1e3,
        () -> 0,
        () -> 0);
  }

  private static Optional<BufferedWriter> opened(Path file, PipelineListener next) {
    try {
      return Optional.of(
          Files.newBufferedWriter(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND));
    } catch (IOException e) {
      next.message(file + " is not written (" + e.getMessage() + ")");
      return Optional.empty();
    }
  }

  /** Returns the most memory that each stage of this run was seen to take. */
  synchronized ImmutableMap<String, Peak> peaks() {
    return ImmutableMap.copyOf(peaks);
  }

  Optional<Estimate> estimate() {
    return estimate;
  }

  @Override
  public synchronized void started(String stage, long steps) {
    course = new Course(stage, steps, clock.getAsDouble());
    trained = Optional.empty();
    write(line("started", stage).put("steps", steps));
    next.started(stage, steps);
  }

  @Override
  public synchronized void trained(String stage, TrainingStep step) {
    trained = Optional.of(step);
    Course now = course;
    if (now != null) {
      now.health.loss(step.step(), step.loss()).ifPresent(this::message);
    }
    if (!Double.isFinite(step.loss())) {
      writeStep(step); // no step ends
    }
    next.trained(stage, step);
  }

  @Override
  public synchronized void advanced(String stage, long done, long steps) {
    Course now = course;
    if (now != null) {
      double seconds = clock.getAsDouble();
      now.health.advanced(seconds);
      now.done = done;
      if (trained.isPresent()) {
        writeStep(trained.orElseThrow());
        trained = Optional.empty();
      } else if (done == steps || seconds - now.written >= LEAST_SECONDS) {
        write(line("step", stage).put("step", done).put("steps", steps));
        now.written = seconds;
      }
      now.last = seconds;
    }
    next.advanced(stage, done, steps);
  }

  private void writeStep(TrainingStep step) {
    Course now = course;
    if (now == null) {
      return;
    }
    ObjectNode line = line("step", now.stage).put("step", step.step()).put("steps", now.steps);
    number(line, "loss", step.loss());
    step.terms().forEach((name, value) -> number(line, name, value));
    double taken = clock.getAsDouble() - now.last;
    if (taken > 0) {
      number(line, "tokensPerSecond", step.tokens() / taken);
      matrixShare(now, step, taken).ifPresent(share -> number(line, "matrixShare", share));
    }
    write(line);
    scalars(now.stage, step.step(), line);
  }

  /** By the estimate's work of the stage, spread over its tokens. */
  private Optional<Double> matrixShare(Course now, TrainingStep step, double seconds) {
    return estimate.flatMap(
        whole ->
            whole
                .stage(now.stage)
                .filter(stage -> stage.tokens() > 0)
                .map(
                    (StageEstimate stage) ->
                        stage.flops()
                            / stage.tokens()
                            * step.tokens()
                            / seconds
                            / whole.rates().matrixFlops()));
  }

  @Override
  public synchronized void finished(String stage, double seconds) {
    ObjectNode line = line("finished", stage);
    number(line, "seconds", seconds);
    write(line);
    course = null;
    next.finished(stage, seconds);
  }

  @Override
  public synchronized void reused(String stage) {
    write(line("reused", stage));
    next.reused(stage);
  }

  @Override
  public synchronized void message(String text) {
    Course now = course;
    write(line("message", now == null ? "" : now.stage).put("text", text));
    next.message(text);
  }

  /** Looks at memory and at the silence of the stage at work; called now and then. */
  synchronized void observe() {
    Course now = course;
    if (now != null) {
      Peak unused = sample(now.stage);
      now.health.silence(clock.getAsDouble()).ifPresent(this::message);
    }
  }

  /** Writes that the run is alive, though no step has ended since the last such line. */
  synchronized void heartbeat() {
    Course now = course;
    if (now != null) {
      ObjectNode line = line("heartbeat", now.stage).put("step", now.done).put("steps", now.steps);
      number(line, "secondsSinceStep", now.health.silentSeconds(clock.getAsDouble()));
      write(line);
    }
  }

  private Peak sample(String stage) {
    Peak now = Peak.NONE.with(hostBytes.getAsLong(), deviceBytes.getAsLong());
    peaks.merge(stage, now, (one, other) -> one.with(other.hostBytes(), other.deviceBytes()));
    return now;
  }

  private ObjectNode line(String event, String stage) {
    Peak memory = sample(stage);
    ObjectNode line = JsonNodeFactory.instance.objectNode();
    line.put("time", clock.getAsDouble()).put("event", event).put("stage", stage);
    line.put("residentBytes", memory.hostBytes());
    if (memory.deviceBytes() > 0) {
      line.put("deviceBytes", memory.deviceBytes());
    }
    return line;
  }

  /** JSON has no number that is not finite: such a value is text. */
  private static void number(ObjectNode line, String key, double value) {
    if (Double.isFinite(value)) {
      line.put(key, value);
    } else {
      line.put(key, Double.toString(value));
    }
  }

  private void scalars(String stage, long step, ObjectNode line) {
    if (events.isEmpty()) {
      return;
    }
    double seconds = clock.getAsDouble();
    try {
      for (Map.Entry<String, JsonNode> entry : line.properties()) {
        if (entry.getValue().isNumber() && !NOT_SCALARS.contains(entry.getKey())) {
          events
              .orElseThrow()
              .scalar(stage + "/" + entry.getKey(), step, seconds, entry.getValue().asDouble());
        }
      }
    } catch (IOException e) {
      events = Optional.empty();
      next.message("TensorBoard's file is written no further (" + e.getMessage() + ")");
    }
  }

  private void write(ObjectNode line) {
    if (lines.isEmpty()) {
      return;
    }
    try {
      BufferedWriter writer = lines.orElseThrow();
      writer.write(JSON.writeValueAsString(line));
      writer.write('\n');
      writer.flush();
    } catch (IOException e) {
      lines = Optional.empty();
      next.message(FILE + " is written no further (" + e.getMessage() + ")");
    }
  }

  @Override
  public synchronized void close() throws IOException {
    try {
      if (lines.isPresent()) {
        lines.orElseThrow().close();
      }
    } finally {
      if (events.isPresent()) {
        events.orElseThrow().close();
      }
    }
  }
}
