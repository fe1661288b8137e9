package org.nemotron.examples.crash;

import static com.google.common.base.Preconditions.checkState;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.nemotron.nas.pipeline.Compression;
import org.nemotron.nas.pipeline.CompressionPipeline;
import org.nemotron.nas.pipeline.CompressionPlan;
import org.nemotron.nas.pipeline.NoArchitectureException;
import org.nemotron.nas.pipeline.PipelineListener;
import org.nemotron.nas.pipeline.PlanFiles;
import org.nemotron.nas.report.RunSummary;

/** The tiny job without a virtual machine of its own: quick, for runs that end by themselves. */
final class InProcess {
  /** Enough steps for a state to be saved and replaced, not more. */
  private static final ImmutableMap<String, Object> BRIEF =
      ImmutableMap.of(
          "/local/steps", 3, "/coupled/steps", 3, "/global/steps", 6, "/global/evaluateEvery", 2);

  private final Path directory;

  /** Writes parent, texts and plan to {@code directory}. */
  InProcess(Path directory) throws IOException {
    this.directory = directory;
    String unused = CompressJob.tiny(directory).toString();
  }

  Path parent() {
    return directory.resolve("parent");
  }

  Path text() {
    return directory.resolve("text.txt");
  }

  /** Returns the plan for a run in {@code output}, with other values at these JSON paths. */
  CompressionPlan plan(Path output, ImmutableMap<String, Object> changes) throws IOException {
    ObjectNode json =
        (ObjectNode) RunRecords.JSON.readTree(directory.resolve("plan.json").toFile());
    BRIEF.forEach((path, value) -> set(json, path, value));
    changes.forEach((path, value) -> set(json, path, value));
    Path changed = Files.writeString(directory.resolve("changed-plan.json"), json.toString());
    return PlanFiles.read(
        changed,
        Compression.of(parent())
            .text(text())
            .heldOut(directory.resolve("held-out.txt"))
            .plan()
            .withOutput(output));
  }

  private static void set(ObjectNode json, String path, Object value) {
    int slash = path.lastIndexOf('/');
    String parent = path.substring(0, slash);
    ObjectNode object = parent.isEmpty() ? json : json.withObject(parent);
    object.set(path.substring(slash + 1), RunRecords.JSON.valueToTree(value));
  }

  /** Runs it to its end and returns what it told. */
  Heard run(Path output, ImmutableMap<String, Object> changes)
      throws IOException, NoArchitectureException {
    Heard heard = new Heard();
    RunSummary summary = new CompressionPipeline(plan(output, changes), heard).run();
    checkState(!summary.targets().isEmpty(), "%s has no child", output);
    return heard;
  }

  /** Runs it to its end as the plan is. */
  Heard run(Path output) throws IOException, NoArchitectureException {
    return run(output, ImmutableMap.of());
  }

  /** Remembers what it is told. */
  static final class Heard implements PipelineListener {
    final List<String> started = new ArrayList<>();
    final List<String> reused = new ArrayList<>();
    final List<String> messages = new ArrayList<>();

    @Override
    public void started(String stage, long steps) {
      started.add(stage);
    }

    @Override
    public void reused(String stage) {
      reused.add(stage);
    }

    @Override
    public void message(String text) {
      if (!text.contains(": refitted in sequence")) { // said of every child that is made
        messages.add(text);
      }
    }
  }
}
