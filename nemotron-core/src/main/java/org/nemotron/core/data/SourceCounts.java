package org.nemotron.core.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;

/**
 * What was read of a source, and what became of it. Immutable.
 *
 * @param name its files, as they were named
 * @param files how many there are
 * @param records how many were read
 * @param badRecords how many of them were skipped because they could not be used
 * @param emptyRecords how many of them had no text
 * @param faults of the first bad records, a sentence each
 * @param training documents to learn from
 * @param validation documents for scores and the choice of the best child
 * @param heldOut documents that the report measures on
 */
public record SourceCounts(
    String name,
    int files,
    long records,
    long badRecords,
    long emptyRecords,
    ImmutableList<String> faults,
    PartCounts training,
    PartCounts validation,
    PartCounts heldOut) {

  /**
   * Documents of one part.
   *
   * @param documents how many
   * @param sequences runs of tokens: one for each document, more for a very long one
   * @param tokens of all of them
   * @param learned how many of the tokens are to be learned
   */
  public record PartCounts(long documents, long sequences, long tokens, long learned) {
    static final PartCounts NONE = new PartCounts(0, 0, 0, 0);

    PartCounts plus(long moreDocuments, long moreSequences, long moreTokens, long moreLearned) {
      return new PartCounts(
          documents + moreDocuments,
          sequences + moreSequences,
          tokens + moreTokens,
          learned + moreLearned);
    }

    ObjectNode toJson() {
      return JsonNodeFactory.instance
          .objectNode()
          .put("documents", documents)
          .put("sequences", sequences)
          .put("tokens", tokens)
          .put("learned", learned);
    }

    static PartCounts fromJson(JsonNode json) {
      return new PartCounts(
          json.path("documents").asLong(),
          json.path("sequences").asLong(),
          json.path("tokens").asLong(),
          json.path("learned").asLong());
    }
  }

  static SourceCounts none(String name, int files) {
    return new SourceCounts(
        name,
        files,
        0,
        0,
        0,
        ImmutableList.of(),
        PartCounts.NONE,
        PartCounts.NONE,
        PartCounts.NONE);
  }

  /** Returns the counts of a part. */
  public PartCounts of(Part part) {
    return switch (part) {
      case TRAINING -> training;
      case VALIDATION -> validation;
      case HELD_OUT -> heldOut;
    };
  }

  SourceCounts with(Part part, PartCounts counts) {
    return new SourceCounts(
        name,
        files,
        records,
        badRecords,
        emptyRecords,
        faults,
        part == Part.TRAINING ? counts : training,
        part == Part.VALIDATION ? counts : validation,
        part == Part.HELD_OUT ? counts : heldOut);
  }

  SourceCounts withRecords(long all, long bad, long empty, ImmutableList<String> sentences) {
    return new SourceCounts(name, files, all, bad, empty, sentences, training, validation, heldOut);
  }

  ObjectNode toJson() {
    ObjectNode json =
        JsonNodeFactory.instance
            .objectNode()
            .put("name", name)
            .put("files", files)
            .put("records", records)
            .put("badRecords", badRecords)
            .put("emptyRecords", emptyRecords);
    faults.forEach(json.putArray("faults")::add);
    for (Part part : Part.values()) {
      json.set(part.fileName(), of(part).toJson());
    }
    return json;
  }

  static SourceCounts fromJson(JsonNode json) {
    ImmutableList.Builder<String> faults = ImmutableList.builder();
    json.path("faults").forEach(fault -> faults.add(fault.asText()));
    return new SourceCounts(
        json.path("name").asText(),
        json.path("files").asInt(),
        json.path("records").asLong(),
        json.path("badRecords").asLong(),
        json.path("emptyRecords").asLong(),
        faults.build(),
        PartCounts.fromJson(json.path(Part.TRAINING.fileName())),
        PartCounts.fromJson(json.path(Part.VALIDATION.fileName())),
        PartCounts.fromJson(json.path(Part.HELD_OUT.fileName())));
  }
}
