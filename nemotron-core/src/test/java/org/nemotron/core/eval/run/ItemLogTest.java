package org.nemotron.core.eval.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.eval.GeneratedText;
import org.nemotron.core.eval.Likelihood;
import org.nemotron.core.eval.task.ItemAnswer;

final class ItemLogTest {
  private static final ItemAnswer SUMS =
      new ItemAnswer(
          ImmutableList.of(
              new Likelihood(-1.0 / 3, true), new Likelihood(-87.23334642505469, false)),
          ImmutableList.of());

  private static final ItemAnswer TEXT =
      new ItemAnswer(
          ImmutableList.of(),
          ImmutableList.of(
              new GeneratedText("a \"line\"\n,\"check\":\"é", 7, GeneratedText.Ending.STOP)));

  private final Path directory;

  ItemLogTest(@TempDir Path directory) {
    this.directory = directory;
  }

  private Path file() {
    return directory.resolve("logs").resolve("items.jsonl");
  }

  private static AnswerStore.Entry entry(int item, String key, ItemAnswer answer) {
    return new AnswerStore.Entry("some_task", item, key, answer);
  }

  private void write() throws IOException {
    try (ItemLog log = ItemLog.open(file())) {
      log.add(ImmutableList.of(entry(0, "k0", SUMS)));
      log.add(ImmutableList.of(entry(1, "k1", TEXT), entry(2, "k2", SUMS)));
    }
  }

  @Test
  void open_again_hasWhatWasAdded() throws IOException {
    write();
    try (ItemLog log = ItemLog.open(file())) {
      assertThat(log.size()).isEqualTo(3);
      assertThat(log.find("k0")).contains(SUMS);
      assertThat(log.find("k1")).contains(TEXT);
      assertThat(log.find("other")).isEmpty();
    }
    assertThat(Files.readAllLines(file()).get(0))
        .startsWith(
            "{\"task\":\"some_task\",\"item\":0,\"key\":\"k0\",\"sums\":[-0.3333333333333333,"
                + "-87.23334642505469],\"greedy\":[true,false],\"check\":\"");
  }

  /** Wherever a killed process has stopped writing. */
  @Test
  void open_lastLineCutAnywhere_goesOnBehindTheLinesBeforeIt() throws IOException {
    write();
    byte[] whole = Files.readAllBytes(file());
    int lastLine = whole.length - Files.readAllLines(file()).get(2).length() - 1;
    for (int end = lastLine; end < whole.length; end++) {
      Files.write(file(), Arrays.copyOf(whole, end));
      try (ItemLog log = ItemLog.open(file())) {
        assertThat(log.size()).as("cut at %s", end).isEqualTo(2);
        log.add(ImmutableList.of(entry(2, "k2", SUMS)));
      }
      assertThat(Files.readAllBytes(file())).isEqualTo(whole);
    }
  }

  @Test
  void open_changedByteBeforeTheLastLine_isRefusedByItsLine() throws IOException {
    write();
    Files.writeString(file(), Files.readString(file()).replaceFirst("-0.33", "-0.34"));
    assertThatThrownBy(() -> ItemLog.open(file()))
        .isInstanceOf(IOException.class)
        .hasMessage(
            "%s, line 1 is damaged.\nMaybe delete this line, whose answer is then asked for again;"
                + " or the file, and all are.",
            file());
  }

  @Test
  void open_otherFile_isRefusedAndLeftAsItIs() throws IOException {
    Files.createDirectories(file().getParent());
    Files.writeString(file(), "a letter\nof two lines\n", StandardOpenOption.CREATE_NEW);
    assertThatThrownBy(() -> ItemLog.open(file())).hasMessageContaining("line 1 is damaged");
    assertThat(Files.readString(file())).isEqualTo("a letter\nof two lines\n");
  }

  @Test
  void open_twice_isRefused() throws IOException {
    try (ItemLog log = ItemLog.open(file())) {
      assertThat(log.size()).isZero();
      assertThatThrownBy(() -> ItemLog.open(file()))
          .hasMessage(
              "%s is in use.\nMaybe another process writes it: wait for its end, or name another"
                  + " file.",
              file());
    }
  }

  @Test
  void find_closed_isRefused() throws IOException {
    ItemLog log = ItemLog.open(file());
    log.close();
    log.close();
    assertThatThrownBy(() -> log.find("k"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("this log is closed");
  }
}
