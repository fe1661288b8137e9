package org.nemotron.core.eval.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.base.CharMatcher;
import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The records of a decompressed file, read as its name says. */
final class Records {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  private static final String MARK = "\uFEFF";

  private Records() {}

  /** Returns the records; {@code place} is what messages call the file. */
  static ImmutableList<JsonNode> of(String place, String name, byte[] bytes, RecordLayout layout)
      throws IOException {
    String text = decoded(place, bytes);
    String plain = Decompression.plainName(name);
    ImmutableList<JsonNode> records;
    if (plain.endsWith(".jsonl") || plain.endsWith(".ndjson")) {
      records = jsonLines(place, text);
    } else if (plain.endsWith(".json")) {
      records = json(place, text);
    } else if (plain.endsWith(".csv")) {
      records = new CsvRecords(place, ',', layout).read(text);
    } else if (plain.endsWith(".tsv")) {
      records = new CsvRecords(place, '\t', layout).read(text);
    } else if (plain.endsWith(".txt")) {
      records = layout.lines() == 0 ? documents(text) : groupsOfLines(place, text, layout.lines());
    } else if (plain.endsWith(ParquetFiles.ENDING)) {
      throw new IOException(
          place + " is a Parquet file that is compressed or in an archive.\nMaybe unpack it.");
    } else {
      throw new IOException(
          place
              + " has none of the endings .jsonl, .json, .csv, .tsv, .txt and .parquet.\n"
              + "Maybe rename it for what it holds.");
    }
    if (records.isEmpty()) {
      throw new IOException(place + " has no record.\nMaybe it was not copied whole.");
    }
    return records;
  }

  private static String decoded(String place, byte[] bytes) throws IOException {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      return text.startsWith(MARK) ? text.substring(1) : text;
    } catch (CharacterCodingException e) {
      throw new IOException(place + " is not valid UTF-8.\nMaybe save it again as UTF-8.", e);
    }
  }

  private static ImmutableList<JsonNode> jsonLines(String place, String text) throws IOException {
    ImmutableList.Builder<JsonNode> records = ImmutableList.builder();
    int number = 0;
    for (String line : Splitter.on('\n').split(text)) {
      number++;
      if (!CharMatcher.whitespace().matchesAllOf(line)) {
        records.add(object(place, number, line));
      }
    }
    return records.build();
  }

  private static JsonNode object(String place, int number, String line) throws IOException {
    try {
      JsonNode record = JSON.readTree(line);
      if (record.isObject()) {
        return record;
      }
    } catch (JsonProcessingException e) {
      throw new IOException(
          place + ", line " + number + ": is not JSON (" + e.getOriginalMessage() + ")", e);
    }
    throw new IOException(place + ", line " + number + ": must be a JSON object");
  }

  private static ImmutableList<JsonNode> json(String place, String text) throws IOException {
    JsonNode whole;
    try {
      whole = JSON.readTree(text);
    } catch (JsonProcessingException e) {
      return jsonLines(place, text); // some data sets call JSON lines .json
    }
    if (whole.isObject()) {
      return ImmutableList.of(whole);
    }
    if (!whole.isArray()) {
      throw new IOException(place + " must hold a JSON array of objects, or JSON lines");
    }
    for (JsonNode record : whole) {
      if (!record.isObject()) {
        throw new IOException(place + ": every element of the array must be a JSON object");
      }
    }
    return ImmutableList.copyOf(whole);
  }

  private static ImmutableList<JsonNode> documents(String text) {
    return ImmutableList.of(JsonNodeFactory.instance.objectNode().put("text", text));
  }

  private static ImmutableList<JsonNode> groupsOfLines(String place, String text, int size)
      throws IOException {
    List<String> lines = Splitter.on('\n').splitToList(text);
    int count = lines.get(lines.size() - 1).isEmpty() ? lines.size() - 1 : lines.size();
    if (count % size != 0) {
      throw new IOException(
          place
              + " has "
              + count
              + " lines; they must be a multiple of "
              + size
              + ".\nMaybe it was not copied whole.");
    }
    ImmutableList.Builder<JsonNode> records = ImmutableList.builder();
    for (int first = 0; first < count; first += size) {
      ObjectNode record = JsonNodeFactory.instance.objectNode();
      for (int i = 0; i < size; i++) {
        record.put("line" + i, lines.get(first + i));
      }
      records.add(record);
    }
    return records.build();
  }
}
