package org.nemotron.nas.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.ImmutableDoubleArray;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.nemotron.core.io.AtomicFiles;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.SpecJson;
import org.nemotron.core.tensor.DType;
import org.nemotron.nas.cost.CostTable;
import org.nemotron.nas.cost.Latency;
import org.nemotron.nas.cost.MemoryModel;
import org.nemotron.nas.cost.Scenario;
import org.nemotron.nas.distill.CandidateTraining;
import org.nemotron.nas.library.Candidate;
import org.nemotron.nas.library.CandidateJson;
import org.nemotron.nas.score.Score;
import org.nemotron.nas.score.ScoreTable;

/** The tables of a run as JSON files. */
final class TableFiles {
  private static final String TENSOR_PARALLEL = "tensorParallel";

  private TableFiles() {}

  static void writeScores(Path file, ScoreTable table) throws IOException {
    ArrayNode rows = PlanFiles.JSON.createArrayNode();
    table
        .scores()
        .forEach(
            (candidate, score) -> {
              ObjectNode row = rows.addObject().put("id", candidate.id());
              row.set("candidate", CandidateJson.of(candidate));
              row.set("score", json(score));
            });
    table
        .leftOut()
        .forEach(
            (candidate, fault) -> {
              ObjectNode row = rows.addObject().put("id", candidate.id());
              row.set("candidate", CandidateJson.of(candidate));
              row.put("leftOut", fault);
            });
    AtomicFiles.write(file, PlanFiles.JSON.writeValueAsString(rows));
  }

  static ScoreTable readScores(Path file) throws IOException {
    ImmutableMap.Builder<Candidate, Score> scores = ImmutableMap.builder();
    ImmutableMap.Builder<Candidate, String> leftOut = ImmutableMap.builder();
    for (JsonNode row : PlanFiles.JSON.readTree(file.toFile())) {
      Candidate candidate = CandidateJson.candidate(row.path("candidate"));
      if (row.has("leftOut")) {
        leftOut.put(candidate, row.path("leftOut").asText());
      } else {
        scores.put(candidate, score(row.path("score")));
      }
    }
    return new ScoreTable(scores.buildOrThrow(), leftOut.buildOrThrow());
  }

  /** Returns what this library has measured; own metrics stay in the user's files. */
  private static ObjectNode json(Score score) {
    return PlanFiles.JSON
        .createObjectNode()
        .put("klNats", score.klNats())
        .put("klStandardError", score.klStandardError())
        .put("lossIncrease", score.lossIncrease())
        .put("lossStandardError", score.lossStandardError())
        .put("accuracyDrop", score.accuracyDrop())
        .put("accuracyStandardError", score.accuracyStandardError());
  }

  private static Score score(JsonNode json) throws IOException {
    return new Score(
        number(json, "klNats"),
        number(json, "klStandardError"),
        number(json, "lossIncrease"),
        number(json, "lossStandardError"),
        number(json, "accuracyDrop"),
        number(json, "accuracyStandardError"));
  }

  private static double number(JsonNode json, String key) throws IOException {
    JsonNode value = json.path(key);
    if (value.isMissingNode()) {
      throw new IOException("a score has no " + key);
    }
    // Jackson writes what is not finite as text; a standard error of one sequence is such.
    return value.isTextual() ? Double.parseDouble(value.asText()) : value.asDouble();
  }

  static void writeCosts(Path file, List<CostTable> tables) throws IOException {
    AtomicFiles.write(file, PlanFiles.JSON.writeValueAsString(json(tables)));
  }

  /** Returns costs as {@link #writeCosts} writes them. */
  static ArrayNode json(List<CostTable> tables) {
    ArrayNode all = PlanFiles.JSON.createArrayNode();
    for (CostTable table : tables) {
      ObjectNode json = all.addObject();
      json.set("scenario", json(table.scenario()));
      json.put("dtype", table.memory().weights().configName());
      json.put("kvCacheDtype", table.memory().kvCache().configName());
      json.set("nonBlock", PlanFiles.JSON.valueToTree(table.nonBlock()));
      ArrayNode attentions = json.putArray("attentions");
      table
          .attentions()
          .forEach((spec, latency) -> attentions.add(row(SpecJson.of(spec), latency)));
      ArrayNode ffns = json.putArray("ffns");
      table.ffns().forEach((spec, latency) -> ffns.add(row(SpecJson.of(spec), latency)));
    }
    return all;
  }

  private static ObjectNode row(ObjectNode spec, Latency latency) {
    ObjectNode row = PlanFiles.JSON.createObjectNode();
    row.set("spec", spec);
    row.set("latency", PlanFiles.JSON.valueToTree(latency));
    return row;
  }

  static ImmutableList<CostTable> readCosts(Path file) throws IOException {
    return costs(PlanFiles.JSON.readTree(file.toFile()));
  }

  /** Returns what {@link #json} has made. */
  static ImmutableList<CostTable> costs(JsonNode all) throws IOException {
    ImmutableList.Builder<CostTable> tables = ImmutableList.builder();
    for (JsonNode json : all) {
      ImmutableMap.Builder<AttentionSpec, Latency> attentions = ImmutableMap.builder();
      for (JsonNode row : json.path("attentions")) {
        attentions.put(SpecJson.attention(row.path("spec")), latency(row.path("latency")));
      }
      ImmutableMap.Builder<FfnSpec, Latency> ffns = ImmutableMap.builder();
      for (JsonNode row : json.path("ffns")) {
        ffns.put(SpecJson.ffn(row.path("spec")), latency(row.path("latency")));
      }
      tables.add(
          new CostTable(
              scenario(json.path("scenario")),
              memory(json),
              attentions.buildOrThrow(),
              ffns.buildOrThrow(),
              latency(json.path("nonBlock"))));
    }
    return tables.build();
  }

  /** Returns a scenario; one of a single device as versions before tensor parallelism wrote it. */
  static ObjectNode json(Scenario scenario) {
    ObjectNode json = PlanFiles.JSON.valueToTree(scenario);
    if (scenario.tensorParallel() == 1) {
      json.remove(TENSOR_PARALLEL);
    }
    return json;
  }

  /** Returns what {@link #json(Scenario)} has made. */
  static Scenario scenario(JsonNode json) throws IOException {
    JsonNode whole = json.deepCopy();
    if (whole instanceof ObjectNode object && !object.has(TENSOR_PARALLEL)) {
      object.put(TENSOR_PARALLEL, 1);
    }
    return PlanFiles.JSON.treeToValue(whole, Scenario.class);
  }

  /** Returns how memory was counted; earlier versions knew one type for weights and cache. */
  private static MemoryModel memory(JsonNode json) {
    String weights = json.path("dtype").asText();
    return new MemoryModel(
        DType.parse(weights), DType.parse(json.path("kvCacheDtype").asText(weights)));
  }

  private static Latency latency(JsonNode json) throws IOException {
    return PlanFiles.JSON.treeToValue(json, Latency.class);
  }

  static void writeTrainings(Path file, JsonNode trainings) throws IOException {
    AtomicFiles.write(file, PlanFiles.JSON.writeValueAsString(trainings));
  }

  static ArrayNode trainings(List<CandidateTraining> trainings) {
    ArrayNode all = PlanFiles.JSON.createArrayNode();
    for (CandidateTraining training : trainings) {
      ObjectNode json = all.addObject().put("id", training.candidate().id());
      json.set("candidate", CandidateJson.of(training.candidate()));
      ArrayNode losses = json.putArray("losses");
      training.losses().forEach(losses::add);
      json.set("stop", PlanFiles.JSON.valueToTree(training.stop()));
    }
    return all;
  }

  static ImmutableList<CandidateTraining> readTrainings(Path file) throws IOException {
    return trainings(PlanFiles.JSON.readTree(file.toFile()));
  }

  static ImmutableList<CandidateTraining> trainings(JsonNode entries) throws IOException {
    ImmutableList.Builder<CandidateTraining> all = ImmutableList.builder();
    for (JsonNode json : entries) {
      ImmutableDoubleArray.Builder losses = ImmutableDoubleArray.builder();
      json.path("losses").forEach(loss -> losses.add(loss.asDouble()));
      ImmutableList.Builder<CandidateTraining.Stop> stop = ImmutableList.builder();
      for (JsonNode entry : json.path("stop")) {
        stop.add(PlanFiles.JSON.treeToValue(entry, CandidateTraining.Stop.class));
      }
      all.add(
          new CandidateTraining(
              CandidateJson.candidate(json.path("candidate")), losses.build(), stop.build()));
    }
    return all.build();
  }
}
