package org.nemotron.nas.pipeline;

import static com.google.common.base.Preconditions.checkArgument;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.nemotron.core.checkpoint.ModelNames;
import org.nemotron.core.io.SealedJson;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.Device;
import org.nemotron.nas.cost.CostTable;
import org.nemotron.nas.cost.LatencyMeter;
import org.nemotron.nas.cost.PairedRates;
import org.nemotron.nas.cost.Scenario;
import org.nemotron.nas.cost.ThroughputMeter;
import org.nemotron.nas.cost.ThroughputMeter.Subject;
import org.nemotron.nas.library.SearchSpace;

/**
 * Costs measured on one machine, for a run on another: one table per scenario, with the machine and
 * all that they hold for. A plan names their file in {@code costs.elsewhere}. Immutable.
 *
 * @param machine what they were measured on: the GPU's name, or the kind and number of cores
 * @param device {@code cpu} or the GPU's device there
 * @param parentName the parent's name there
 * @param parent the fingerprint of its architecture, in hexadecimal digits
 * @param date of the measurement, such as {@code 2026-11-26}
 * @param tables one entry per scenario
 * @param speeds of whole models that a run asked for; may be empty
 */
public record MeasuredCosts(
    String machine,
    String device,
    String parentName,
    String parent,
    String date,
    ImmutableList<CostTable> tables,
    ImmutableList<MeasuredSpeed> speeds) {
  private static final int FORMAT = 1;
  private static final String KIND = "measured costs";

  /** Checks that there is a table. */
  public MeasuredCosts {
    checkArgument(!machine.isBlank(), "machine (\"%s\") must not be blank", machine);
    checkArgument(!tables.isEmpty(), "tables ([]) must hold at least one");
    Device unused = Device.parse(device);
  }

  /**
   * Measures on this machine what the alternatives of {@code plan} cost in its scenarios, by the
   * very steps that serve.
   *
   * @param plan gives parent, device, search space, scenarios and how often is measured; its texts
   *     are not read
   * @param progress called after each round with the number of those done
   * @throws IOException if the parent cannot be read; the message names it
   */
  public static MeasuredCosts measure(CompressionPlan plan, LongConsumer progress)
      throws IOException {
    CompressionPlan.Execution execution = plan.execution();
    Path directory = plan.inputs().parent();
    LatencyMeter meter = new LatencyMeter(plan.costs().meter());
    List<CostTable> tables = new ArrayList<>();
    try (HeterogeneousModel model = RunInputs.model(directory, execution)) {
      for (Scenario scenario : plan.costs().scenarios()) {
        long before = (long) meter.rounds() * tables.size();
        tables.add(
            meter.measure(model, plan.space(), scenario, done -> progress.accept(before + done)));
      }
      return new MeasuredCosts(
          CostsStage.machine(execution.device()),
          execution.device().toString(),
          ModelNames.of(directory),
          StageDependencies.architecture(model.spec()).hex(),
          LocalDate.now(ZoneOffset.UTC).toString(),
          ImmutableList.copyOf(tables),
          ImmutableList.of());
    }
  }

  /**
   * Measures on this machine how fast the architectures in {@code asked} are as whole models,
   * beside the parent, and returns these costs with their speeds; those of former questions stay.
   *
   * @param plan gives parent, device and how often is measured
   * @param asked file that a run with these costs wrote
   * @param progress called after each architecture with the number of those done
   * @throws IOException if parent or file cannot be read, or these costs are of another parent or
   *     machine; the message names it
   */
  public MeasuredCosts withSpeeds(CompressionPlan plan, Path asked, LongConsumer progress)
      throws IOException {
    CompressionPlan.Execution execution = plan.execution();
    Path directory = plan.inputs().parent();
    String here = CostsStage.machine(execution.device());
    if (!here.equals(machine) || !execution.device().toString().equals(device)) {
      throw new IOException(
          String.format(
              "%s: costs of %s (%s), and this is %s (%s).\nMaybe measure the architectures there.",
              asked, machine, device, here, execution.device()));
    }
    try (HeterogeneousModel model = RunInputs.model(directory, execution)) {
      AskedSpeeds wanted = AskedSpeeds.read(asked, model.spec());
      if (!wanted.parent().equals(parent)) {
        throw new IOException(
            String.format(
                "%s: children of another parent than the costs are of (%s).\nMaybe other costs are"
                    + " meant.",
                asked, parentName));
      }
      List<MeasuredSpeed> all = new ArrayList<>(speeds);
      int done = 0;
      for (AskedSpeeds.Asked one : wanted.models()) {
        all.removeIf(former -> former.isOf(model.spec().withBlocks(one.blocks()), one.scenario()));
        all.add(measured(plan, model, one));
        progress.accept(++done);
      }
      return new MeasuredCosts(
          machine, device, parentName, parent, date, tables, ImmutableList.copyOf(all));
    }
  }

  private static MeasuredSpeed measured(
      CompressionPlan plan, HeterogeneousModel parent, AskedSpeeds.Asked asked) {
    try (HeterogeneousModel child =
        RandomWeights.model(parent.spec().withBlocks(asked.blocks()), plan.execution())) {
      PairedRates rates =
          ThroughputMeter.exact(plan.costs().meter())
              .measure(
                  ImmutableList.of(
                      new Subject(parent, asked.ofParent()), new Subject(child, asked.scenario())),
                  soFar -> true);
      return new MeasuredSpeed(asked.ofParent(), asked.scenario(), asked.blocks(), rates);
    }
  }

  /** Writes these costs to {@code file}, with a digest. */
  public void write(Path file) throws IOException {
    ObjectNode json = PlanFiles.JSON.createObjectNode();
    json.put("format", FORMAT).put("kind", KIND).put("method", LatencyMeter.METHOD);
    json.put("machine", machine).put("device", device).put("date", date);
    json.put("parentName", parentName).put("parent", parent);
    json.set("tables", TableFiles.json(tables));
    json.set("speeds", AskedSpeeds.json(speeds));
    SealedJson.write(file, json);
  }

  /**
   * Returns the costs in {@code file}.
   *
   * @throws IOException if it is missing, damaged, something else, or of another version whose
   *     figures do not compare; the message names it
   */
  public static MeasuredCosts read(Path file) throws IOException {
    ObjectNode json = sealed(file);
    if (!json.path("kind").asText().equals(KIND) || json.path("format").asInt() != FORMAT) {
      throw new IOException(
          String.format(
              "%s: kind (%s) and format (%s) must be \"%s\" and %s.\nMaybe another file is meant.",
              file, json.path("kind"), json.path("format"), KIND, FORMAT));
    }
    if (json.path("method").asInt() != LatencyMeter.METHOD) {
      throw new IOException(
          String.format(
              "%s: costs of method %s do not compare with this version's, %s.\nMaybe measure them"
                  + " again.",
              file, json.path("method"), LatencyMeter.METHOD));
    }
    try {
      return new MeasuredCosts(
          text(json, "machine"),
          text(json, "device"),
          text(json, "parentName"),
          text(json, "parent"),
          text(json, "date"),
          TableFiles.costs(json.path("tables")),
          AskedSpeeds.speeds(json.path("speeds")));
    } catch (IllegalArgumentException e) {
      throw new IOException(file + ": " + e.getMessage(), e);
    }
  }

  private static ObjectNode sealed(Path file) throws IOException {
    try {
      return SealedJson.read(file)
          .orElseThrow(
              () ->
                  new IOException(
                      file
                          + " is damaged, or was not written by measure-costs.\nMaybe copy it"
                          + " again from the machine that measured."));
    } catch (NoSuchFileException e) {
      throw new IOException(
          file
              + " is missing.\nMaybe measure-costs has to be run first, on the machine that will"
              + " serve.",
          e);
    }
  }

  private static String text(JsonNode json, String key) {
    checkArgument(json.path(key).isTextual(), "%s must be there, as a text", key);
    return json.path(key).textValue();
  }

  /**
   * Checks that these are costs of {@code model} and of all that {@code space} has.
   *
   * @param file that they are from, for the message
   * @throws IOException if they are of another parent, or a sub-block was not measured
   */
  void check(Path file, ModelSpec model, SearchSpace space) throws IOException {
    String wanted = StageDependencies.architecture(model).hex();
    if (!parent.equals(wanted)) {
      throw new IOException(
          String.format(
              "%s: costs of another parent (%s, architecture %.12s) than the plan's (%.12s).\nMaybe"
                  + " measure-costs the plan's parent there.",
              file, parentName, parent, wanted));
    }
    for (CostTable table : tables) {
      for (AttentionSpec attention : space.attentions(model)) {
        checkMeasured(file, "attention." + attention.id(), table.attentions().get(attention));
      }
      for (FfnSpec ffn : space.ffns(model)) {
        checkMeasured(file, "ffn." + ffn.id(), table.ffns().get(ffn));
      }
    }
  }

  private static void checkMeasured(Path file, String id, @Nullable Object cost)
      throws IOException {
    if (cost == null) {
      throw new IOException(
          String.format(
              "%s: costs of another search space: %s was not measured.\nMaybe measure-costs with"
                  + " this plan.",
              file, id));
    }
  }

  /** Returns where these costs come from, in words. */
  String inWords() {
    return String.format(
        "%s (%s), %s, %s", machine, device, tables.get(0).memory().inWords(), date);
  }
}
