package org.nemotron.nas.pipeline;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.nemotron.core.checkpoint.safetensors.SafetensorsWriter;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.Seed;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.nas.SmallParent;
import org.nemotron.nas.cost.MeterSettings;
import org.nemotron.nas.distill.GlobalDistillationSettings;
import org.nemotron.nas.distill.LocalDistillationSettings;
import org.nemotron.nas.distill.OptimizerSettings;
import org.nemotron.nas.library.InitSettings;
import org.nemotron.nas.library.RefitSettings;
import org.nemotron.nas.pipeline.Limit.Bound;
import org.nemotron.nas.pipeline.Limit.Quantity;
import org.nemotron.nas.score.ScoringSettings;

/** A whole run in a directory: a random parent, random words, and a few steps of everything. */
final class TinyRun {
  static final Target SMALL = parameters("small", 20_000);
  static final Target TINY = parameters("tiny", 13_000);

  private final Path directory;

  private TinyRun(Path directory) {
    this.directory = directory;
  }

  /** Writes parent and texts to {@code directory}. */
  static TinyRun in(Path directory) throws IOException {
    Path parent = Files.createDirectories(directory.resolve("parent"));
    Files.writeString(parent.resolve("config.json"), config());
    Files.writeString(parent.resolve("tokenizer.json"), tokenizer());
    try (HeterogeneousModel model = SmallParent.model()) {
      new SafetensorsWriter().addAll(model.tensors()).write(parent.resolve("model.safetensors"));
    }
    Files.writeString(directory.resolve("text.txt"), words(1500, 1));
    Files.writeString(directory.resolve("held-out.txt"), words(200, 2));
    return new TinyRun(directory);
  }

  /** Writes the parent's weights anew, in another type. */
  void storeParentAs(DType dtype) throws IOException {
    try (HeterogeneousModel model = SmallParent.model();
        NamedTensors own = NamedTensors.of(model.tensors());
        NamedTensors stored = own.map(tensor -> Tensors.cast(tensor, dtype))) {
      new SafetensorsWriter()
          .addAll(stored.asMap())
          .write(directory.resolve("parent/model.safetensors"));
    }
  }

  /** Returns the run whose parent and texts have been copied to {@code directory}. */
  static TinyRun at(Path directory) {
    return new TinyRun(directory);
  }

  private static String config() {
    return """
    {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu",
     "vocab_size": 64, "hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 4,
     "num_key_value_heads": 2, "head_dim": 10, "intermediate_size": 48, "rms_norm_eps": 1e-5,
     "rope_theta": 10000.0, "max_position_embeddings": 256, "tie_word_embeddings": true,
     "bos_token_id": null, "eos_token_id": null}
    """;
  }

  private static String tokenizer() {
    StringBuilder vocabulary = new StringBuilder("\"[UNK]\": 0");
    for (int word = 1; word < SmallParent.VOCABULARY; word++) {
      vocabulary.append(", \"w").append(word).append("\": ").append(word);
    }
    return """
    {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
     "normalizer": null, "pre_tokenizer": {"type": "Whitespace"}, "post_processor": null,
     "decoder": null,
     "model": {"type": "WordLevel", "unk_token": "[UNK]", "vocab": {%s}}}
    """
        .formatted(vocabulary);
  }

  /** Returns words of which each follows from the one before, more often than not. */
  static String words(int count, long seed) {
    SplittableRandom random = new Seed(seed).random();
    StringBuilder text = new StringBuilder();
    int word = 1;
    for (int index = 0; index < count; index++) {
      word = random.nextInt(4) > 0 ? 1 + word * 5 % 63 : 1 + random.nextInt(63);
      text.append('w').append(word).append(index % 10 == 9 ? '\n' : ' ');
    }
    return text.toString();
  }

  /** Returns documents of 40 words, one per line. */
  static String jsonLines(int count, long seed) {
    StringBuilder lines = new StringBuilder();
    for (int document = 0; document < count; document++) {
      String text = words(40, seed + document).replace('\n', ' ');
      lines.append("{\"text\": \"").append(text).append("\"}\n");
    }
    return lines.toString();
  }

  /** Returns the default plan of files that are not there. */
  static CompressionPlan unread() {
    return CompressionPlan.of(
        new CompressionPlan.Inputs(
            Path.of("parent"),
            ImmutableList.of(Path.of("a.txt")),
            ImmutableList.of(Path.of("b.txt"))));
  }

  static Target parameters(String name, double most) {
    return new Target(name, ImmutableList.of(new Limit(Quantity.PARAMETERS, Bound.AT_MOST, most)));
  }

  Path directory() {
    return directory;
  }

  Path output() {
    return directory.resolve("run");
  }

  CompressionPlan plan(int coupledSteps, Target... targets) {
    return plan(output(), coupledSteps, targets);
  }

  CompressionPlan plan(Path output, int coupledSteps, Target... targets) {
    OptimizerSettings optimizer = OptimizerSettings.ofRate(1e-3);
    return new CompressionPlan(
        new CompressionPlan.Inputs(
            directory.resolve("parent"),
            ImmutableList.of(directory.resolve("text.txt")),
            ImmutableList.of(directory.resolve("held-out.txt"))),
        new CompressionPlan.Execution(
            output,
            Device.CPU,
            DType.FLOAT32,
            DType.FLOAT32,
            2,
            1,
            CompressionPlan.NonFinite.CONTINUE),
        new CompressionPlan.DataPlan(SmallParent.WINDOW, 2, 2, 1200, 128, 32, 3),
        SmallParent.SPACE,
        new InitSettings(
            InitSettings.ChannelImportance.INDEPENDENT,
            InitSettings.KvHeadStart.MEAN_POOLING,
            2,
            true),
        new LocalDistillationSettings(3, optimizer, 10, 0),
        new CompressionPlan.CoupledPlan(coupledSteps, optimizer, ImmutableList.of(1.1, 1.3)),
        new RefitSettings(2, 0.1),
        ScoringSettings.DEFAULT.withAuditedPairs(3),
        new CompressionPlan.CostPlan(ImmutableList.of(2), 6, 4, new MeterSettings(2, 3, 1), 0),
        SearchPlan.DEFAULT,
        new GlobalDistillationSettings(4, optimizer, 1, 1, 0, 2),
        ImmutableList.copyOf(targets),
        EvaluationPlan.NONE);
  }

  /** Returns {@code plan} with other values at these JSON paths. */
  static CompressionPlan with(CompressionPlan plan, Map<String, Object> values) throws IOException {
    ObjectNode json = PlanFiles.JSON.valueToTree(plan);
    values.forEach(
        (path, value) -> {
          int slash = path.lastIndexOf('/');
          ((ObjectNode) json.at(path.substring(0, slash)))
              .replace(path.substring(slash + 1), PlanFiles.JSON.valueToTree(value));
        });
    return PlanFiles.JSON.treeToValue(json, CompressionPlan.class);
  }

  /** Remembers what it hears, and ends the run where it is told to. */
  static final class Events implements PipelineListener {
    final List<String> started = new ArrayList<>();
    final List<String> finished = new ArrayList<>();
    final List<String> reused = new ArrayList<>();
    final List<String> messages = new ArrayList<>();

    /** What was said of refits: every child that is made has one. */
    final List<String> refits = new ArrayList<>();

    private final String killedStage;
    private final long killedStep;

    Events() {
      this("", 0);
    }

    Events(String killedStage, long killedStep) {
      this.killedStage = killedStage;
      this.killedStep = killedStep;
    }

    @Override
    public void started(String stage, long steps) {
      started.add(stage);
    }

    @Override
    public void advanced(String stage, long done, long steps) {
      if (stage.equals(killedStage) && done == killedStep) {
        throw new IllegalStateException("killed");
      }
    }

    @Override
    public void finished(String stage, double seconds) {
      finished.add(stage);
    }

    @Override
    public void reused(String stage) {
      reused.add(stage);
    }

    @Override
    public void message(String text) {
      (text.contains(": refitted in sequence") ? refits : messages).add(text);
    }
  }
}
