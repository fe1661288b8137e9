package org.nemotron.nas.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.nas.pipeline.TinyRun.Events;
import org.nemotron.nas.report.RunSummary.StageSeconds;

final class StageStoreTest {
  private static final StageInputs ONE = StageInputs.builder().put("a", 1).build();
  private static final StageInputs TWO = StageInputs.builder().put("a", 2).build();

  private Path run = Path.of("run");
  private Path result = Path.of("run");

  @BeforeEach
  void make(@TempDir Path directory) throws IOException {
    run = directory;
    result = run.resolve("result.txt");
    assertThat(ensure(ONE).started).containsExactly("stage");
  }

  /** Makes sure of the one stage's file in a store opened anew. */
  private Events ensure(StageInputs inputs) throws IOException {
    Events events = new Events();
    new StageStore(run, events)
        .ensure(
            "stage",
            inputs,
            1,
            progress -> {
              Files.writeString(result, "made");
              return ImmutableList.of(result);
            });
    assertThat(result).hasContent("made");
    return events;
  }

  @Test
  void ensure_nothingChanged_reusesTheFiles() throws IOException {
    Events events = ensure(ONE);
    assertThat(events.reused).containsExactly("stage");
    assertThat(events.started).isEmpty();
    assertThat(events.messages).isEmpty();
  }

  @Test
  void ensure_otherFingerprint_makesThemAgainAndSaysWhy() throws IOException {
    assertDoneAgain(ensure(TWO), "what it depends on has changed: a");
    assertThat(ensure(TWO).reused).containsExactly("stage");
  }

  @Test
  void ensure_otherFormat_saysThatAnotherVersionMadeIt() throws IOException {
    StageInputs later = StageInputs.builder().put(StageInputs.FORMAT, 99).put("a", 2).build();
    assertDoneAgain(ensure(later), "another version of this library has made it");
  }

  @Test
  void ensure_fileGone_namesIt() throws IOException {
    Files.delete(result);
    assertDoneAgain(ensure(ONE), result + " is missing");
  }

  @Test
  void ensure_fileChanged_namesIt() throws IOException {
    Files.writeString(result, "mad");
    assertDoneAgain(ensure(ONE), result + " is not as it was written");
  }

  @Test
  void ensure_recordIsNoJson_makesThemAgain() throws IOException {
    Path record = run.resolve("stages/stage.json");
    Files.writeString(record, "{\"stage\": ");
    assertDoneAgain(ensure(ONE), record + " is damaged");
  }

  @Test
  void ensure_recordFlippedAnywhere_isNamed() throws IOException {
    Path record = run.resolve("stages/stage.json");
    byte[] whole = Files.readAllBytes(record);
    for (int at = 0; at < whole.length; at += 7) {
      byte[] flipped = whole.clone();
      flipped[at] ^= 1;
      Files.write(record, flipped);
      assertDoneAgain(ensure(ONE), record + " is damaged");
    }
  }

  @Test
  void ensure_recordGoneButThatOfALaterStageThere_namesIt() throws IOException {
    StageStore store = new StageStore(run, new Events());
    store.ensure("stage", ONE, 1, progress -> ImmutableList.of(result));
    store.ensure("later", ONE, 1, progress -> ImmutableList.of());
    Path record = run.resolve("stages/stage.json");
    Files.delete(record);
    assertDoneAgain(ensure(ONE), record + " is missing");
  }

  @Test
  void ensure_neverFinishedBefore_saysNothing() throws IOException {
    Events events = new Events();
    new StageStore(run, events).ensure("later", ONE, 1, progress -> ImmutableList.of());
    assertThat(events.started).containsExactly("later");
    assertThat(events.messages).isEmpty();
  }

  @Test
  void withdraw_publishedFileChanged_namesItOnce() throws IOException {
    new StageStore(run, new Events()).publish("results", ImmutableList.of(result));
    Files.writeString(result, "mad");
    Events events = new Events();
    new StageStore(run, events).withdraw("results");
    new StageStore(run, events).withdraw("results");
    assertThat(events.messages)
        .containsExactly("results is written again: " + result + " is not as it was written");
  }

  @Test
  void ensure_makerFailed_trustsNothingOfItNextTime() throws IOException {
    StageStore store = new StageStore(run, new Events());
    assertThatThrownBy(
            () ->
                store.ensure(
                    "stage",
                    TWO,
                    1,
                    progress -> {
                      Files.writeString(result, "half");
                      throw new IOException("disk full");
                    }))
        .hasMessage("disk full");
    assertThat(ensure(ONE).started).containsExactly("stage");
  }

  private static void assertDoneAgain(Events events, String why) {
    assertThat(events.started).containsExactly("stage");
    assertThat(events.messages).containsExactly("stage is done again: " + why);
  }

  @Test
  void seconds_reusedStage_areThoseOfTheRunThatMadeIt() throws IOException {
    StageStore store = new StageStore(run, new Events());
    store.ensure("stage", ONE, 1, progress -> ImmutableList.of());
    assertThat(store.seconds()).extracting(StageSeconds::reused).containsExactly(true);
    assertThat(store.seconds().get(0).seconds()).isNotNegative();
  }
}
