package org.nemotron.examples.benchmark;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.nemotron.core.checkpoint.ModelSpecReader;
import org.nemotron.core.data.BadRecords;
import org.nemotron.core.data.DocumentSource;
import org.nemotron.core.data.StoreSettings;
import org.nemotron.core.data.TokenStore;
import org.nemotron.core.data.TokenStoreWriter;
import org.nemotron.core.io.AtomicFiles;
import org.nemotron.core.provenance.Fingerprint;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.text.TextFiles;
import org.nemotron.core.text.Tokenizer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Tokens per second into a token store, against the tokenizer library by itself: the same documents
 * from memory, all cores, nothing kept. In turns; the medians count.
 */
@Command(
    name = "token-store-benchmark",
    mixinStandardHelpOptions = true,
    description = "Measures tokenizing into a token store against the tokenizer alone.")
public final class TokenStoreBenchmark implements Callable<Integer> {
  private static final int CHUNK = 64;

  @Option(names = "--model", paramLabel = "DIR", description = "Hugging Face directory")
  private Path model = Path.of("examples/models/tale-7m");

  @Option(names = "--text", paramLabel = "FILE", description = "text with documents")
  private Path text = Path.of("examples/data/tinystories.train.txt.gz");

  @Option(names = "--documents", description = "how many of them")
  private int documents = 10_000;

  @Option(names = "--rounds", description = "how often each is measured")
  private int rounds = 5;

  private TokenStoreBenchmark() {}

  @Override
  public Integer call() throws IOException, InterruptedException, ExecutionException {
    Path directory = Files.createTempDirectory("token-store");
    try (Tokenizer tokenizer = Tokenizer.open(model)) {
      ImmutableList<String> texts = texts();
      Path lines = written(texts, directory.resolve("documents.jsonl"));
      List<Double> alone = new ArrayList<>();
      List<Double> stored = new ArrayList<>();
      long tokens = tokens(tokenizer, texts); // warms up
      for (int round = 0; round < rounds; round++) {
        long start = System.nanoTime();
        tokens = tokens(tokenizer, texts);
        alone.add(tokens * 1e9 / (System.nanoTime() - start));
        start = System.nanoTime();
        long counted = stored(tokenizer, lines, directory.resolve("store-" + round));
        stored.add(counted * 1e9 / (System.nanoTime() - start));
      }
      System.out.printf(
          Locale.ROOT,
          "%,d documents, %,d tokens, %d cores: the tokenizer alone %,.0f tokens/s,"
              + " into a store %,.0f tokens/s: %.0f %% (medians of %d rounds in turns)%n",
          texts.size(),
          tokens,
          CpuThreads.available(),
          median(alone),
          median(stored),
          100 * median(stored) / median(alone),
          rounds);
    } finally {
      AtomicFiles.deleteTree(directory);
    }
    return 0;
  }

  private ImmutableList<String> texts() throws IOException {
    ImmutableList<String> all = TextFiles.documents(text);
    ImmutableList.Builder<String> wanted = ImmutableList.builder();
    for (int document = 0; document < documents; document++) {
      wanted.add(all.get(document % all.size()));
    }
    return wanted.build();
  }

  private static Path written(List<String> texts, Path file) throws IOException {
    ObjectMapper json = new ObjectMapper();
    try (BufferedWriter writer = Files.newBufferedWriter(file)) {
      for (String each : texts) {
        writer.write(json.writeValueAsString(ImmutableMap.of("text", each)));
        writer.newLine();
      }
    }
    return file;
  }

  /** Returns how many tokens the library makes of the texts, on all cores. */
  private static long tokens(Tokenizer tokenizer, List<String> texts)
      throws InterruptedException, ExecutionException {
    ExecutorService threads = Executors.newFixedThreadPool(CpuThreads.available());
    try {
      List<Future<Long>> counts = new ArrayList<>();
      for (int first = 0; first < texts.size(); first += CHUNK) {
        List<String> some = texts.subList(first, Math.min(texts.size(), first + CHUNK));
        counts.add(
            threads.submit(
                () -> some.stream().mapToLong(each -> tokenizer.encode(each).length()).sum()));
      }
      long all = 0;
      for (Future<Long> count : counts) {
        all += count.get();
      }
      return all;
    } finally {
      threads.shutdown();
    }
  }

  /** Returns how many tokens of the documents are in a store that is made of them. */
  private long stored(Tokenizer tokenizer, Path lines, Path directory) throws IOException {
    ModelSpec spec = ModelSpecReader.read(model);
    StoreSettings settings =
        new StoreSettings(
            ImmutableList.of(DocumentSource.of(ImmutableList.of(lines.toString()))),
            BadRecords.REFUSE,
            Long.MAX_VALUE >> 1,
            0,
            0);
    TokenStoreWriter.of(settings, tokenizer, spec, ImmutableList.of())
        .write(directory, Fingerprint.ofFile(lines), done -> {});
    try (TokenStore store = TokenStore.open(directory)) {
      return store.sources().get(0).training().tokens();
    }
  }

  private static double median(List<Double> rates) {
    List<Double> sorted = new ArrayList<>(rates);
    Collections.sort(sorted);
    return sorted.get(sorted.size() / 2);
  }
}
