package org.nemotron.runtime.jinja;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;

/** Templates with what Jinja2 renders of them (src/test/resources/jinja). */
final class JinjaVectors {
  static final Path RESOURCES = Path.of("src/test/resources/jinja");

  private static final ObjectMapper JSON = new ObjectMapper();

  private JinjaVectors() {}

  static ImmutableList<JsonNode> read() throws IOException {
    ImmutableList.Builder<JsonNode> vectors = ImmutableList.builder();
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(
                new GZIPInputStream(Files.newInputStream(RESOURCES.resolve("vectors.jsonl.gz"))),
                StandardCharsets.UTF_8))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        vectors.add(JSON.readTree(line));
      }
    }
    return vectors.build();
  }

  static ImmutableMap<String, Value> variables(JsonNode vector) {
    ImmutableMap.Builder<String, Value> variables = ImmutableMap.builder();
    vector
        .get("variables")
        .properties()
        .forEach(entry -> variables.put(entry.getKey(), Values.of(entry.getValue())));
    return variables.buildOrThrow();
  }
}
