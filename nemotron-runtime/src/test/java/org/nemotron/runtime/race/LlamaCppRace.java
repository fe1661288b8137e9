package org.nemotron.runtime.race;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.math.Quantiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.checkpoint.GgufModelWriter;
import org.nemotron.core.checkpoint.format.GgufType;

/**
 * Our engine against llama.cpp with the same weights in F16, in turns: medians over the rounds.
 *
 * <p>Not part of the tests, by its name. Run by {@code mvn -pl nemotron-runtime -am test
 * -Dtest=LlamaCppRace -Dsurefire.failIfNoSpecifiedTests=false -Drace.model=DIR}.
 */
final class LlamaCppRace {
  private static final int ROUNDS = Integer.getInteger("race.rounds", 5);
  private static final int OVERHEAD_ROUNDS = 15;
  private static final int THREADS =
      Integer.getInteger("race.threads", Runtime.getRuntime().availableProcessors());
  private static final Path MODEL =
      Path.of(System.getProperty("race.model", "../examples/models/tale-7m")).toAbsolutePath();

  @Test
  void sameWeights_inTurns(@TempDir Path scratch) throws IOException, InterruptedException {
    Path gguf = scratch.resolve("model.gguf");
    GgufModelWriter.convert(MODEL, gguf, GgufType.parse("f16"));
    Map<String, List<Double>> ours = new LinkedHashMap<>();
    Map<String, List<Double>> theirs = new LinkedHashMap<>();
    for (int round = 0; round < ROUNDS; round++) {
      collect(run(NemotronRunner.class, MODEL), ours);
      collect(run(LlamaCppRunner.class, gguf), theirs);
    }
    System.out.printf("%s, %d threads, %d rounds%n", MODEL.getFileName(), THREADS, ROUNDS);
    theirs.forEach(
        (what, rates) ->
            System.out.printf(
                "%-8s nemotron %8.1f tokens/s, llama.cpp %8.1f: %.2f times%n",
                what, median(ours, what), median(rates), median(ours, what) / median(rates)));
    Map<String, List<Double>> overhead = new LinkedHashMap<>();
    collect(run(EngineOverhead.class, MODEL, Integer.toString(OVERHEAD_ROUNDS)), overhead);
    System.out.printf(
        "one request over the bare loop: awaited %+.1f %%, streamed %+.1f %%%n",
        median(overhead, "awaited"), median(overhead, "streamed"));
    assertThat(theirs.keySet()).containsExactly("decode", "prefill", "batch");
  }

  private static double median(Map<String, List<Double>> rates, String what) {
    return median(rates.getOrDefault(what, List.of(Double.NaN)));
  }

  private static double median(List<Double> rates) {
    return Quantiles.median().compute(rates);
  }

  private static void collect(String output, Map<String, List<Double>> rates) {
    output
        .lines()
        .map(line -> line.split(" ", -1))
        .filter(words -> words.length == 2 && words[1].matches("-?[0-9.E-]+"))
        .forEach(
            words ->
                rates
                    .computeIfAbsent(words[0], what -> new ArrayList<>())
                    .add(Double.parseDouble(words[1])));
  }

  private static String run(Class<?> program, Path model, String... more)
      throws IOException, InterruptedException {
    ImmutableList<String> command =
        ImmutableList.<String>builder()
            .add(Path.of(System.getProperty("java.home"), "bin", "java").toString())
            .add("-cp", System.getProperty("java.class.path"))
            .add(program.getName(), model.toString(), Integer.toString(THREADS))
            .add(more)
            .build();
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output;
  }
}
