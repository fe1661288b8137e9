package org.nemotron.examples.crash;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.ImmutableSortedSet;
import com.google.common.collect.Sets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/**
 * Whether two finished runs left the same, bit for bit.
 *
 * <p>What a clock has measured is no part of that: seconds and rates in JSON files, and with them
 * the digests of these files; lines with rates in model cards; the HTML page, which is drawn from
 * summary.json.
 */
final class ArtifactComparison {
  private static final ImmutableSet<String> MEASURED =
      ImmutableSet.of(
          "tokensPerSecond",
          "seconds",
          "suffixSeconds",
          "fullSeconds",
          "speedUp",
          "reused",
          "date");

  /** Where the run lies, and what follows from other measured figures. */
  private static final ImmutableSet<String> DERIVED =
      ImmutableSet.of("output", "directory", "digest");

  private ArtifactComparison() {}

  /** Returns the files that differ, each with why. */
  static ImmutableList<String> differences(Path one, Path other) throws IOException {
    ImmutableList.Builder<String> differences = ImmutableList.builder();
    ImmutableSortedSet<String> ofOne = files(one);
    ImmutableSortedSet<String> ofOther = files(other);
    Sets.symmetricDifference(ofOne, ofOther)
        .forEach(name -> differences.add(name + " is in one run only"));
    for (String name : Sets.intersection(ofOne, ofOther)) {
      if (!same(name, one.resolve(name), other.resolve(name))) {
        differences.add(name + " differs");
      }
    }
    return differences.build();
  }

  private static ImmutableSortedSet<String> files(Path run) throws IOException {
    try (Stream<Path> files = Files.walk(run)) {
      return files
          .filter(Files::isRegularFile)
          .map(file -> run.relativize(file).toString())
          .collect(ImmutableSortedSet.toImmutableSortedSet(Comparator.naturalOrder()));
    }
  }

  private static boolean same(String name, Path one, Path other) throws IOException {
    if (Files.mismatch(one, other) < 0) {
      return true;
    }
    if (name.equals("report/index.html") || name.equals("metrics.jsonl")) {
      return Files.size(one) > 0 && Files.size(other) > 0;
    }
    if (name.endsWith("README.md")) {
      return withoutRates(one).equals(withoutRates(other));
    }
    return isMeasured(name) && withoutClocks(one).equals(withoutClocks(other));
  }

  private static boolean isMeasured(String name) {
    return name.equals("plan.json")
        || name.equals("solutions.json")
        || name.equals("report/summary.json")
        || name.startsWith("stages");
  }

  private static ImmutableList<String> withoutRates(Path gpu) throws IOException {
    return Files.readAllLines(gpu).stream()
        .filter(line -> !line.contains("tokens/s") && !line.startsWith("| speed"))
        .collect(ImmutableList.toImmutableList());
  }

  private static JsonNode withoutClocks(Path file) throws IOException {
    JsonNode json = RunRecords.JSON.readTree(file.toFile());
    if (file.endsWith("results.json")) {
      ((ObjectNode) json).remove("files");
    }
    strip(json);
    return json;
  }

  private static void strip(JsonNode json) {
    if (json instanceof ObjectNode object) {
      object.remove(MEASURED);
      object.remove(DERIVED);
    }
    json.forEach(ArtifactComparison::strip);
  }
}
