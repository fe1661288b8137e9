package org.nemotron.examples.crash;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.Longs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.checkpoint.ModelSpecReader;
import org.nemotron.core.checkpoint.safetensors.SafetensorsWriter;
import org.nemotron.core.spec.Shapes;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Seed;
import org.nemotron.core.tensor.Tensors;

/**
 * What {@code compress} is told, but for its output directory.
 *
 * @param arguments of the command line
 */
record CompressJob(ImmutableList<String> arguments) {
  private static final int VOCABULARY = 64;
  private static final int SEED = 1;

  /**
   * Returns the short form with the parent and the texts that come along; tests run in this
   * module's directory.
   */
  static CompressJob shipped() {
    return new CompressJob(
        ImmutableList.of(
            "--short",
            "--parent",
            "models/tale-7m",
            "--text",
            "data/tinystories.train.txt.gz",
            "--text",
            "data/books_children.txt.gz",
            "--held-out",
            "data/tinystories.val.txt.gz",
            "--held-out",
            "data/books_heldout.txt.gz"));
  }

  /**
   * Returns a job that passes every stage in seconds: a random parent of three layers, random
   * words, a few steps of everything, two targets. All of it is written to {@code directory}.
   */
  static CompressJob tiny(Path directory) throws IOException {
    Path parent = Files.createDirectories(directory.resolve("parent"));
    Files.writeString(parent.resolve("config.json"), config());
    Files.writeString(parent.resolve("tokenizer.json"), tokenizer());
    try (NativeScope scope = NativeScope.open()) {
      new SafetensorsWriter()
          .addAll(weights(ModelSpecReader.read(parent).tensorShapes()))
          .write(parent.resolve("model.safetensors"));
    }
    Path text = Files.writeString(directory.resolve("text.txt"), words(3000, 1));
    Path heldOut = Files.writeString(directory.resolve("held-out.txt"), words(200, 2));
    Path plan = Files.writeString(directory.resolve("plan.json"), plan());
    return new CompressJob(
        ImmutableList.of(
            "--parent", parent.toString(),
            "--text", text.toString(),
            "--held-out", heldOut.toString(),
            "--plan", plan.toString()));
  }

  private static String config() {
    return """
        {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu",
         "vocab_size": 64, "hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 4,
         "num_key_value_heads": 2, "head_dim": 8, "intermediate_size": 48, "rms_norm_eps": 1e-5,
         "rope_theta": 10000.0, "max_position_embeddings": 256, "tie_word_embeddings": true}
        """;
  }

  /** Targets are counts of parameters, so that there is something to find on any machine. */
  private static String plan() {
    return """
        {"execution": {"threads": 2},
         "data": {"windowTokens": 16, "batchSize": 2, "globalBatchSize": 2,
                  "trainingTokens": 2400, "validationTokens": 256, "heldOutWindowTokens": 32, "heldOutWindows": 3},
         "space": {"kvHeads": [1], "ffnFractions": [0.5, 0.25], "channelMultiple": 4},
         "init": {"calibrationBatches": 4},
         "local": {"steps": 20},
         "coupled": {"steps": 30, "speedups": [1.1, 1.3]},
         "scoring": {"auditedPairs": 3},
         "costs": {"batchSizes": [2], "promptTokens": 6, "outputTokens": 4,
                   "meter": {"prefillRounds": 2, "decodeRounds": 3, "generationRounds": 1}},
         "global": {"steps": 60, "evaluateEvery": 5},
         "targets": [
           {"name": "small",
            "limits": [{"quantity": "PARAMETERS", "bound": "AT_MOST", "value": 20000}]},
           {"name": "tiny",
            "limits": [{"quantity": "PARAMETERS", "bound": "AT_MOST", "value": 13000}]}]}
        """;
  }

  private static String tokenizer() {
    StringBuilder vocabulary = new StringBuilder("\"[UNK]\": 0");
    for (int word = 1; word < VOCABULARY; word++) {
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
  private static String words(int count, long seed) {
    SplittableRandom random = new Seed(seed).random();
    StringBuilder text = new StringBuilder();
    int word = 1;
    for (int index = 0; index < count; index++) {
      word = random.nextInt(4) > 0 ? 1 + word * 5 % 63 : 1 + random.nextInt(63);
      text.append('w').append(word).append(index % 10 == 9 ? '\n' : ' ');
    }
    return text.toString();
  }

  private static ImmutableMap<String, Tensor> weights(
      ImmutableMap<String, ImmutableList<Long>> shapes) {
    ImmutableMap.Builder<String, Tensor> weights = ImmutableMap.builder();
    shapes.forEach((name, shape) -> weights.put(name, random(name, shape)));
    return weights.buildOrThrow();
  }

  /** Values that keep the size of what they multiply; those of norms are about 1. */
  private static Tensor random(String name, ImmutableList<Long> shape) {
    SplittableRandom random = new Seed(SEED).named(name).random();
    boolean norm = shape.size() == 1;
    double scale = norm ? 0.3 : Math.sqrt(3.0 / shape.get(1));
    float[] values = new float[Math.toIntExact(Shapes.elements(shape))];
    for (int index = 0; index < values.length; index++) {
      values[index] = (float) ((norm ? 1 : 0) + scale * (2 * random.nextDouble() - 1));
    }
    return Tensors.of(values, Longs.toArray(shape));
  }
}
