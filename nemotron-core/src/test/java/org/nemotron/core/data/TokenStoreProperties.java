package org.nemotron.core.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.collect.ImmutableList;
import com.google.common.primitives.Longs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterContainer;
import org.nemotron.core.provenance.FileDigests;
import org.nemotron.core.text.TokenWindows;

final class TokenStoreProperties {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final StoreFixture FIXTURE = new StoreFixture();

  @AfterContainer
  static void close() {
    FIXTURE.close();
  }

  @Provide
  static Arbitrary<List<String>> documents() {
    return Arbitraries.of("a cat", "Once upon a time ", "the", "\n", "é 😀", "\"x\"", "12", ". ")
        .list()
        .ofMaxSize(12)
        .map(words -> String.join("", words))
        .list()
        .ofMinSize(1)
        .ofMaxSize(30)
        .filter(all -> all.stream().anyMatch(text -> !text.isBlank()));
  }

  private static Path jsonLines(String name, List<String> documents) throws IOException {
    StringBuilder lines = new StringBuilder();
    for (String document : documents) {
      lines.append(JSON.writeValueAsString(Map.of("text", document))).append('\n');
    }
    return FIXTURE.file(name, lines.toString());
  }

  private static DocumentSource source(Path file) {
    return DocumentSource.of(ImmutableList.of(file.toString()));
  }

  private static List<Long> expected(List<String> documents) {
    return documents.stream()
        .filter(text -> !text.isBlank())
        .flatMap(text -> FIXTURE.tokens(text).stream())
        .collect(Collectors.toList());
  }

  @Property(tries = 40, edgeCases = EdgeCasesMode.NONE)
  void aStoreHasExactlyTheTokensOfItsDocuments(@ForAll("documents") List<String> documents)
      throws IOException {
    Path file = jsonLines("all.jsonl", documents);
    try (TokenStore store = FIXTURE.store(StoreFixture.settings(source(file)))) {
      assertThat(StoreFixture.tokens(store, 0, Part.TRAINING)).isEqualTo(expected(documents));
    }
  }

  @Property(tries = 40, edgeCases = EdgeCasesMode.NONE)
  void windowsWithinDocumentsAreTheirWholeParts(
      @ForAll("documents") List<String> documents, @ForAll @IntRange(min = 1, max = 9) int length)
      throws IOException {
    Path file = jsonLines("within.jsonl", documents);
    List<List<Long>> wanted = new ArrayList<>();
    for (String text : documents) {
      List<Long> tokens = text.isBlank() ? List.of() : FIXTURE.tokens(text);
      for (int at = 0; at + length <= tokens.size(); at += length) {
        wanted.add(tokens.subList(at, at + length));
      }
    }
    try (TokenStore store = FIXTURE.store(StoreFixture.settings(source(file)))) {
      if (wanted.isEmpty()) {
        assertThatThrownBy(() -> store.windows(0, Part.TRAINING, length, Packing.WITHIN_DOCUMENTS))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining("has no document of " + length + " tokens or more");
        return;
      }
      TokenWindows windows = store.windows(0, Part.TRAINING, length, Packing.WITHIN_DOCUMENTS);
      List<List<Long>> read = new ArrayList<>();
      for (long window = 0; window < windows.count(); window++) {
        long[] ids = new long[length];
        windows.read(window, 0, ids, 0);
        read.add(Longs.asList(ids));
      }
      assertThat(read).isEqualTo(wanted);
    }
  }

  @Property(tries = 25, edgeCases = EdgeCasesMode.NONE)
  void aWriterThatWasKilledLeavesTheSameBytesInTheEnd(
      @ForAll("documents") List<String> documents,
      @ForAll @IntRange(min = 1, max = 40) int tokensPerNote,
      @ForAll @IntRange(min = 1, max = 5) int notes,
      @ForAll @IntRange(max = 9) int garbage)
      throws IOException {
    List<String> many = new ArrayList<>();
    for (int times = 0; times < 4; times++) {
      many.addAll(documents);
    }
    StoreSettings settings =
        new StoreSettings(
            ImmutableList.of(
                source(jsonLines("first.jsonl", many)),
                source(FIXTURE.file("second.txt", "One.\n<|endoftext|>\nTwo."))),
            BadRecords.REFUSE,
            1_000_000,
            0.2,
            0.1);
    Path whole = Files.createTempDirectory(FIXTURE.directory, "whole");
    FIXTURE.writer(settings).write(whole, StoreFixture.KEY, done -> {});
    Path resumed = Files.createTempDirectory(FIXTURE.directory, "resumed");
    int[] left = {notes};
    try {
      FIXTURE
          .writer(settings)
          .withTokensPerNote(tokensPerNote)
          .write(resumed, StoreFixture.KEY, done -> killAt(left));
    } catch (CancellationException e) {
      Path data = TokenStore.stem(resumed, 0, Part.TRAINING).resolveSibling("training.bin");
      Files.write(data, new byte[garbage], StandardOpenOption.APPEND);
    }
    FIXTURE.writer(settings).write(resumed, StoreFixture.KEY, done -> {});
    try (TokenStore one = TokenStore.open(whole);
        TokenStore other = TokenStore.open(resumed)) {
      assertThat(FileDigests.of(resumed, other.files()))
          .isEqualTo(FileDigests.of(whole, one.files()));
    }
  }

  private static void killAt(int[] left) {
    if (--left[0] == 0) {
      throw new CancellationException("killed");
    }
  }

  @Property(tries = 20, edgeCases = EdgeCasesMode.NONE)
  void partsAreDisjointAndCompleteAndLikeTextsLieInOne(
      @ForAll @IntRange(min = 20, max = 200) int count) throws IOException {
    List<String> documents = new ArrayList<>();
    for (int document = 0; document < count; document++) {
      documents.add("number " + document % (count / 2));
    }
    StoreSettings settings =
        new StoreSettings(
            ImmutableList.of(source(jsonLines("split.jsonl", documents))),
            BadRecords.REFUSE,
            1_000_000,
            0.3,
            0.2);
    try (TokenStore store = FIXTURE.store(settings)) {
      List<Set<List<Long>>> parts = new ArrayList<>();
      int all = 0;
      for (Part part : Part.values()) {
        List<List<Long>> ofPart = divided(StoreFixture.tokens(store, 0, part));
        all += ofPart.size();
        parts.add(new HashSet<>(ofPart));
      }
      assertThat(all).isEqualTo(count);
      assertThat(parts.stream().mapToInt(Set::size).sum()).isEqualTo(count / 2);
    }
  }

  /** Cuts tokens behind each token that ends a document. */
  private static List<List<Long>> divided(List<Long> tokens) {
    List<List<Long>> documents = new ArrayList<>();
    int begin = 0;
    for (int at = 0; at < tokens.size(); at++) {
      if (tokens.get(at) == 1) {
        documents.add(tokens.subList(begin, at + 1));
        begin = at + 1;
      }
    }
    return documents;
  }
}
