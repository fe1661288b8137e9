package org.nemotron.nas.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.data.DocumentSource;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.nas.pipeline.CompressionPlan.Inputs;

/** What a run refuses in its first second is refused by its estimate, in the same words. */
final class EstimateRefusalsTest {
  private Path directory = Path.of("run");
  private TinyRun tiny = TinyRun.at(directory);

  @BeforeEach
  void makeInputs(@TempDir Path temporary) throws IOException {
    CpuThreads.perOperation(1);
    directory = temporary;
    tiny = TinyRun.in(temporary);
  }

  private CompressionPlan with(Map<String, Object> values) throws IOException {
    return TinyRun.with(tiny.plan(0, TinyRun.SMALL), values);
  }

  private CompressionPlan ofDocuments(Path files) {
    return ofDocuments(files, 0.01, 0.01);
  }

  private CompressionPlan ofDocuments(Path files, double validation, double heldOut) {
    CompressionPlan plan = tiny.plan(0, TinyRun.SMALL);
    DocumentPlan documents =
        DocumentPlan.of(DocumentSource.of(ImmutableList.of(files.toString())))
            .withShares(validation, heldOut);
    return plan.toBuilder()
        .inputs(
            new Inputs(
                plan.inputs().parent(),
                ImmutableList.of(),
                plan.inputs().heldOut(),
                ImmutableList.of(),
                ImmutableList.of(),
                documents))
        .build();
  }

  private static void assertRefused(CompressionPlan plan, String part) {
    assertThatThrownBy(() -> new CompressionPipeline(plan).estimate()).hasMessageContaining(part);
    Throwable ofRun = catchThrowable(() -> new CompressionPipeline(plan).run());
    Throwable ofEstimate = catchThrowable(() -> new CompressionPipeline(plan).estimate());
    assertThat(ofEstimate).hasSameClassAs(ofRun).hasMessage(ofRun.getMessage());
  }

  @Test
  void estimate_documentsThatAreNotThere_areRefused() {
    assertRefused(ofDocuments(directory.resolve("nothing*.jsonl")), "nothing*.jsonl fits no file");
  }

  @Test
  void estimate_documentsWithoutTheirKey_areRefused() throws IOException {
    Path file = directory.resolve("content.jsonl");
    Files.writeString(file, "{\"content\": \"w1 w2\"}\n");
    assertRefused(ofDocuments(file), "line 1: has no key text; it has content");
  }

  @Test
  void estimate_documentsTooFewForTheirShare_areRefusedWithARemedy() throws IOException {
    Path file = directory.resolve("few.jsonl");
    Files.writeString(file, TinyRun.jsonLines(30, 1));
    assertRefused(
        ofDocuments(file),
        "inputs.documents: the part kept for scores (validationShare 0.01) has 0 tokens, but a"
            + " window has 16.\n"
            + "Maybe a larger validationShare (inputs.documents.validationShare of a plan), more"
            + " documents, or shorter windows.");
  }

  @Test
  void estimate_textsTooShort_areRefused() throws IOException {
    Files.writeString(directory.resolve("text.txt"), "w1 w2 w3");
    assertRefused(with(ImmutableMap.of()), "inputs.texts: the part to train on has 3 tokens");
  }

  @Test
  void estimate_heldOutTextTooShort_isRefused() throws IOException {
    Path file = directory.resolve("held-out.txt");
    Files.writeString(file, "w1 w2 w3");
    assertRefused(with(ImmutableMap.of()), file + " has 3 tokens, but a window has 32");
  }

  @Test
  void estimate_windowBeyondTheContext_isRefused() throws IOException {
    assertRefused(
        with(ImmutableMap.of("/data/windowTokens", 257)), "data.windowTokens (257) must be");
  }

  @Test
  void estimate_alternativesThatNoLayerCanHave_areRefused() throws IOException {
    assertRefused(
        with(ImmutableMap.of("/space/kvHeads", ImmutableList.of(3))), "kvHeads (3) must divide");
  }

  @Test
  void estimate_benchmarkDataThatAreNotThere_areRefused() throws IOException {
    Path data = directory.resolve("benchmarks");
    assertRefused(
        with(ImmutableMap.of("/evaluation/tasks", "copa", "/evaluation/data", data.toString())),
        data.toString());
  }

  @Test
  void estimate_ownCostsMissingOrIncomplete_areRefused() throws IOException {
    Path file = directory.resolve("joules.json");
    CompressionPlan plan =
        with(ImmutableMap.of("/inputs/ownCosts", ImmutableList.of(file.toString())));
    assertRefused(plan, file.toString());
    OwnJson.costs(file, "joules", ImmutableMap.of("ffn.w48", 1.0));
    assertRefused(plan, "joules");
  }

  @Test
  void estimate_planOfTheUserInTheOutput_isRefused() throws IOException {
    Path plan = Files.createDirectories(tiny.output()).resolve("plan.json");
    Files.writeString(plan, "mine");
    assertRefused(with(ImmutableMap.of()), plan + " is not as a run wrote it");
  }

  @Test
  void estimate_documentsThatAreEnough_areCountedAndLeaveNothing() throws IOException {
    Path file = directory.resolve("many.jsonl");
    Files.writeString(file, TinyRun.jsonLines(600, 1));
    assertThat(new CompressionPipeline(ofDocuments(file, 0.3, 0.1)).estimate().stages())
        .isNotEmpty();
    assertThat(tiny.output()).doesNotExist();
  }
}
