package org.nemotron.nas.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.nemotron.core.distributed.Communicator;
import org.nemotron.core.provenance.Fingerprint;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.SpecJson;
import org.nemotron.core.tensor.Cancellation;
import org.nemotron.core.text.TokenBatches;
import org.nemotron.nas.distill.GlobalCheckpoint;
import org.nemotron.nas.distill.GlobalDistiller;
import org.nemotron.nas.pipeline.CompressionPlan.Execution;

/**
 * A child's global distillation as all ranks of a run know it: rank 0 announces it when it has the
 * child's start, the others wait for that and take part.
 *
 * @param name of the child's directory
 * @param fingerprint of all that the training depends on, but the number of ranks
 * @param child what is trained
 */
record SharedTraining(String name, Fingerprint fingerprint, ModelSpec child) {
  static final String WAITING = "search, and the next child's start, by rank 0 alone";

  /** Rank 0: lets the others begin. */
  void announce(Communicator ranks) throws IOException {
    ObjectNode json = PlanFiles.JSON.createObjectNode();
    json.put("name", name).put("fingerprint", fingerprint.hex());
    ArrayNode blocks = json.putArray("blocks");
    for (BlockSpec block : child.blocks()) {
      ObjectNode entry = blocks.addObject();
      entry.set("attention", SpecJson.of(block.attention()));
      entry.set("ffn", SpecJson.of(block.ffn()));
    }
    String unused = ranks.shared(WAITING, PlanFiles.JSON.writeValueAsString(json));
  }

  /** Rank 0: lets the others know that there are no more children. */
  static void announceEnd(Communicator ranks) {
    String unused = ranks.shared(WAITING, "");
  }

  /** Another rank: waits for rank 0, and returns the next child; nothing when there is none. */
  static Optional<SharedTraining> next(RunContext run) throws IOException {
    run.ranks().at(WAITING, -1);
    String text = run.ranks().shared(WAITING, "");
    if (text.isEmpty()) {
      return Optional.empty();
    }
    JsonNode json = PlanFiles.JSON.readTree(text);
    ImmutableList.Builder<BlockSpec> blocks = ImmutableList.builder();
    for (JsonNode entry : json.path("blocks")) {
      blocks.add(
          new BlockSpec(
              SpecJson.attention(entry.path("attention")), SpecJson.ffn(entry.path("ffn"))));
    }
    return Optional.of(
        new SharedTraining(
            json.path("name").asText(),
            new Fingerprint(json.path("fingerprint").asText()),
            run.inputs().parent().spec().withBlocks(blocks.build())));
  }

  /** Another rank: takes part until rank 0 has the trained child. */
  void follow(RunContext run) throws IOException {
    LongConsumer progress =
        done -> {
          run.ranks().at(name, done);
          Cancellation.check();
        };
    progress.accept(0);
    distiller(run, message -> {})
        .follow(
            run.inputs().parent(), child, batches(run), run.inputs().validationBatches(), progress);
  }

  /** Returns what distills the child on this rank. */
  GlobalDistiller distiller(RunContext run, Consumer<String> messages) {
    GlobalCheckpoint state = GlobalCheckpoint.in(checkpoint(run, name), fingerprint, messages);
    GlobalDistiller distiller =
        new GlobalDistiller(run.plan().global(), state)
            .withThreads(run.sharedThreads())
            .withRanks(run.ranks());
    Execution execution = run.plan().execution();
    return switch (execution.parent()) {
      case WHOLE -> distiller;
      case DIVIDED -> distiller.withParentDivided(execution.device());
    };
  }

  /** Returns the batches that the child learns from. */
  TokenBatches batches(RunContext run) {
    return run.inputs().trainingBatches("global", run.plan().data().globalBatchSize());
  }

  /** Returns where the state of a child's training is kept. */
  static Path checkpoint(RunContext run, String name) {
    return run.path("checkpoints/" + name);
  }
}
