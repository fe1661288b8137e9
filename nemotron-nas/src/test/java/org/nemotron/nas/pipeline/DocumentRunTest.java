package org.nemotron.nas.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.data.BadRecords;
import org.nemotron.core.data.ConversationRenderer;
import org.nemotron.core.data.DocumentSource;
import org.nemotron.core.data.DocumentSource.Loss;
import org.nemotron.core.provenance.Fingerprint;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.nas.pipeline.TinyRun.Events;
import org.nemotron.nas.report.RunSummary;

final class DocumentRunTest {
  private Path directory = Path.of("run");
  private TinyRun tiny = TinyRun.at(directory);

  @BeforeEach
  void begin(@TempDir Path temporary) throws IOException {
    CpuThreads.perOperation(1);
    directory = temporary;
    tiny = TinyRun.in(directory);
  }

  private CompressionPlan plan(DocumentPlan documents) {
    CompressionPlan plan = tiny.plan(0, TinyRun.SMALL);
    return plan.toBuilder()
        .inputs(
            new CompressionPlan.Inputs(
                plan.inputs().parent(),
                ImmutableList.of(),
                ImmutableList.of(),
                ImmutableList.of(),
                ImmutableList.of(),
                documents.withShares(0.1, 0.2)))
        .build();
  }

  private static List<String> files(Path file) {
    return ImmutableList.of(file.toString());
  }

  /** The words of a conversation, each turn ended by w63. */
  private static final class Words implements ConversationRenderer {
    @Override
    public String text(List<String> turns) {
      return turns.stream().map(Words::words).collect(Collectors.joining());
    }

    private static String words(String turn) {
      return turn.replaceAll(".*\"content\":\"([^\"]*)\".*", "$1") + " w63 ";
    }

    @Override
    public ImmutableList<Span> answers(List<String> turns) {
      int begin = words(turns.get(0)).length();
      return ImmutableList.of(new Span(begin, text(turns).length()));
    }

    @Override
    public Fingerprint fingerprint() {
      return Fingerprint.builder().put("words", 1).build();
    }
  }

  @Test
  void run_ofDocumentsAndConversations_goesThroughAndIsTakenUp()
      throws IOException, NoArchitectureException {
    Path texts = directory.resolve("texts.jsonl");
    Files.writeString(texts, "no json\n" + TinyRun.jsonLines(80, 1));
    Path turns = directory.resolve("turns.jsonl");
    StringBuilder lines = new StringBuilder();
    for (int line = 0; line < 60; line++) {
      String words = TinyRun.words(20, 100 + line).replace('\n', ' ');
      lines.append(
          "{\"messages\": [{\"role\": \"user\", \"content\": \"%s\"}, {\"role\": \"assistant\", \"content\": \"%s\"}]}%n"
              .formatted(words, words));
    }
    Files.writeString(turns, lines);
    DocumentPlan documents =
        DocumentPlan.of(
                DocumentSource.of(files(texts)),
                DocumentSource.ofConversations(files(turns), Loss.ASSISTANT_TURNS).withWeight(2))
            .withBadRecords(BadRecords.SKIP);
    Events first = new Events();
    RunSummary summary = run(documents, first);
    assertThat(first.started).startsWith("tokens", "library");
    assertThat(summary.environment().get("data 1 (" + texts + ")"))
        .contains("1 files, ", "1 bad and skipped (first: " + texts + ", line 1: is not JSON");
    assertThat(summary.environment().get("data 2 (" + turns + ")")).contains(" of which ");
    assertThat(tiny.output().resolve("report/index.html"))
        .content()
        .contains("held-out part of " + texts);
    Events second = new Events();
    assertThat(run(documents, second).targets()).hasSize(1);
    assertThat(second.started).containsExactly("evaluation");
    assertThat(second.reused).startsWith("tokens");
    Files.writeString(texts, TinyRun.jsonLines(81, 1));
    Events third = new Events();
    assertThat(run(documents, third).targets()).hasSize(1);
    assertThat(third.messages)
        .anyMatch(
            sentence ->
                sentence.equals(
                    "tokens is done again: what it depends on has changed: the sources' files"));
  }

  private RunSummary run(DocumentPlan documents, Events events)
      throws IOException, NoArchitectureException {
    return new CompressionPipeline(plan(documents), events)
        .withConversations(parent -> Optional.of(new Words()))
        .run();
  }

  @Test
  void run_windowBeyondTheContext_isRefusedBeforeAnythingIsRead() {
    CompressionPlan plan = tiny.plan(0, TinyRun.SMALL);
    CompressionPlan wide =
        plan.toBuilder().data(plan.data().toBuilder().windowTokens(257).build()).build();
    assertThatThrownBy(() -> new CompressionPipeline(wide).run())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("data.windowTokens (257) must be at most 256, the parent's context");
  }

  @Test
  void read_documentsOfAPlanFile_takeThePlaceOfTextsAndHaveDefaults() throws IOException {
    Path file = directory.resolve("plan.json");
    Files.writeString(
        file,
        """
        {"inputs": {"documents": {"packing": "WITHIN_DOCUMENTS", "sources": [
          {"files": ["a/*.jsonl.zst"], "weight": 2},
          {"files": ["b.parquet"], "content": "MESSAGES", "loss": "ASSISTANT_TURNS"}]}}}
        """);
    CompressionPlan plan = PlanFiles.read(file, TinyRun.unread());
    assertThat(plan.inputs().texts()).isEmpty();
    assertThat(plan.inputs().heldOut()).isEmpty();
    assertThat(plan.inputs().documents().sources())
        .containsExactly(
            DocumentSource.of(ImmutableList.of("a/*.jsonl.zst")).withWeight(2),
            DocumentSource.ofConversations(ImmutableList.of("b.parquet"), Loss.ASSISTANT_TURNS));
    assertThat(PlanFiles.read(writtenBack(plan), TinyRun.unread())).isEqualTo(plan);
  }

  private Path writtenBack(CompressionPlan plan) throws IOException {
    Path file = directory.resolve("again.json");
    Files.writeString(file, PlanFiles.write(plan));
    return file;
  }

  @Test
  void read_unknownKeyOrPacking_isNamed() throws IOException {
    Path file = directory.resolve("plan.json");
    Files.writeString(file, "{\"inputs\": {\"documents\": {\"sources\": [{\"file\": \"a\"}]}}}");
    assertThatThrownBy(() -> PlanFiles.read(file, TinyRun.unread()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("file is not a key of a plan");
    Files.writeString(file, "{\"inputs\": {\"documents\": {\"packing\": \"MASKED\"}}}");
    assertThatThrownBy(() -> PlanFiles.read(file, TinyRun.unread()))
        .isInstanceOf(IOException.class)
        .hasMessage(
            file
                + ": inputs.documents.packing: must be one of [ACROSS_DOCUMENTS,"
                + " WITHIN_DOCUMENTS], not MASKED");
  }
}
