package org.nemotron.nas.pipeline;

import static com.google.common.base.Preconditions.checkArgument;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.nemotron.core.io.SealedJson;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.SpecJson;
import org.nemotron.nas.cost.PairedRates;
import org.nemotron.nas.cost.Scenario;

/**
 * Architectures whose speed as whole models a run wants to know of another machine. Immutable.
 *
 * @param parent the fingerprint of the parent's architecture, in hexadecimal digits
 * @param models at least one
 */
record AskedSpeeds(String parent, ImmutableList<Asked> models) {
  private static final int FORMAT = 1;
  private static final String KIND = "architectures to measure";

  /**
   * A child to be measured beside the parent.
   *
   * @param ofParent the parent's scenario
   * @param scenario the child's
   * @param blocks of the child, one entry per layer
   */
  record Asked(Scenario ofParent, Scenario scenario, ImmutableList<BlockSpec> blocks) {}

  AskedSpeeds {
    checkArgument(!models.isEmpty(), "models ([]) must hold at least one");
  }

  void write(Path file) throws IOException {
    ObjectNode json = PlanFiles.JSON.createObjectNode();
    json.put("format", FORMAT).put("kind", KIND).put("parent", parent);
    ArrayNode all = json.putArray("architectures");
    for (Asked asked : models) {
      all.add(json(asked.ofParent(), asked.scenario(), asked.blocks()));
    }
    SealedJson.write(file, json);
  }

  /**
   * Returns the architectures in {@code file}.
   *
   * @throws IOException if it is missing, damaged or something else, or asks for children of
   *     another parent; the message names it
   */
  static AskedSpeeds read(Path file, ModelSpec parent) throws IOException {
    ObjectNode json = sealed(file);
    if (!json.path("kind").asText().equals(KIND) || json.path("format").asInt() != FORMAT) {
      throw new IOException(
          String.format(
              "%s: kind (%s) and format (%s) must be \"%s\" and %s.\nMaybe another file is meant.",
              file, json.path("kind"), json.path("format"), KIND, FORMAT));
    }
    String here = StageDependencies.architecture(parent).hex();
    String asked = json.path("parent").asText();
    if (!asked.equals(here)) {
      throw new IOException(
          String.format(
              "%s: children of another parent (architecture %.12s) than this one (%.12s).\nMaybe"
                  + " the run's parent is meant.",
              file, asked, here));
    }
    ImmutableList.Builder<Asked> models = ImmutableList.builder();
    for (JsonNode one : json.path("architectures")) {
      models.add(new Asked(scenario(one, "ofParent"), scenario(one, "scenario"), blocks(one)));
    }
    return new AskedSpeeds(asked, models.build());
  }

  private static ObjectNode sealed(Path file) throws IOException {
    try {
      return SealedJson.read(file)
          .orElseThrow(
              () ->
                  new IOException(
                      file
                          + " is damaged, or was not written by a run.\nMaybe copy it again from"
                          + " the run's directory."));
    } catch (NoSuchFileException e) {
      throw new IOException(
          file
              + " is missing.\nMaybe copy it from the directory of a run with costs of this"
              + " machine.",
          e);
    }
  }

  /** Returns speeds as {@link #speeds} reads them. */
  static ArrayNode json(List<MeasuredSpeed> speeds) {
    ArrayNode all = PlanFiles.JSON.createArrayNode();
    for (MeasuredSpeed speed : speeds) {
      ObjectNode one = json(speed.ofParent(), speed.scenario(), speed.blocks());
      one.set("tokensPerSecond", PlanFiles.JSON.valueToTree(speed.rates().rounds()));
      all.add(one);
    }
    return all;
  }

  private static ObjectNode json(
      Scenario ofParent, Scenario scenario, ImmutableList<BlockSpec> blocks) {
    ObjectNode json = PlanFiles.JSON.createObjectNode();
    json.set("ofParent", TableFiles.json(ofParent));
    json.set("scenario", TableFiles.json(scenario));
    ArrayNode layers = json.putArray("blocks");
    for (BlockSpec block : blocks) {
      ObjectNode layer = layers.addObject();
      layer.set("attention", SpecJson.of(block.attention()));
      layer.set("ffn", SpecJson.of(block.ffn()));
    }
    return json;
  }

  /** Returns what {@link #json(List)} has made. */
  static ImmutableList<MeasuredSpeed> speeds(JsonNode all) throws IOException {
    ImmutableList.Builder<MeasuredSpeed> speeds = ImmutableList.builder();
    for (JsonNode one : all) {
      ImmutableList.Builder<ImmutableList<Double>> rounds = ImmutableList.builder();
      for (JsonNode round : one.path("tokensPerSecond")) {
        ImmutableList.Builder<Double> rates = ImmutableList.builder();
        round.forEach(rate -> rates.add(rate.asDouble()));
        rounds.add(rates.build());
      }
      speeds.add(
          new MeasuredSpeed(
              scenario(one, "ofParent"),
              scenario(one, "scenario"),
              blocks(one),
              new PairedRates(rounds.build())));
    }
    return speeds.build();
  }

  private static Scenario scenario(JsonNode json, String key) throws IOException {
    return TableFiles.scenario(json.path(key));
  }

  private static ImmutableList<BlockSpec> blocks(JsonNode json) throws IOException {
    ImmutableList.Builder<BlockSpec> blocks = ImmutableList.builder();
    for (JsonNode layer : json.path("blocks")) {
      blocks.add(
          new BlockSpec(
              SpecJson.attention(layer.path("attention")), SpecJson.ffn(layer.path("ffn"))));
    }
    return blocks.build();
  }
}
