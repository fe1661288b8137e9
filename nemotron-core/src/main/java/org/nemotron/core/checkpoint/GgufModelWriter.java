package org.nemotron.core.checkpoint;

import static com.google.common.base.Verify.verifyNotNull;

import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.nemotron.core.checkpoint.format.GgufType;
import org.nemotron.core.checkpoint.gguf.GgufArchitecture;
import org.nemotron.core.checkpoint.gguf.GgufFile;
import org.nemotron.core.checkpoint.gguf.GgufHyperparameters;
import org.nemotron.core.checkpoint.gguf.GgufKeys;
import org.nemotron.core.checkpoint.gguf.GgufModel;
import org.nemotron.core.checkpoint.gguf.GgufTensors;
import org.nemotron.core.checkpoint.gguf.GgufValue;
import org.nemotron.core.checkpoint.gguf.GgufVocabulary;
import org.nemotron.core.checkpoint.gguf.GgufWriter;
import org.nemotron.core.checkpoint.gguf.LlamaCppBlocks;
import org.nemotron.core.checkpoint.huggingface.CheckedWeights;
import org.nemotron.core.checkpoint.huggingface.CheckpointDirectory;
import org.nemotron.core.checkpoint.huggingface.EightBitWeights;
import org.nemotron.core.checkpoint.huggingface.ModelConfig;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.NativeScope;

/**
 * Writes a model as one GGUF file for llama.cpp and programs built on it.
 *
 * <p>A model whose layers are alike is written as {@code llama}, {@code qwen2} or {@code qwen3};
 * one whose layers differ as {@code deci}, with exact replacements of what llama.cpp does not have:
 * absent and linear FFNs, and an absent attention in the first layer.
 *
 * <p>Tensors are written a few rows at a time. In a quantized file, a matrix whose rows are no
 * multiple of 32 elements is stored as F16.
 */
public final class GgufModelWriter {
  private GgufModelWriter() {}

  /**
   * Writes {@code model}, replacing a file of that name; it appears whole or not at all.
   *
   * @param tokenizerDirectory a directory with tokenizer.json, as a rule the parent's, or a GGUF
   *     file whose tokenizer is taken over as it is
   * @throws IOException if the file cannot be written, the tokenizer is missing or of a kind that
   *     GGUF does not have, or a weight is too large for {@code type}
   * @throws IllegalArgumentException if GGUF cannot express the model
   */
  public static void write(
      HeterogeneousModel model, Path file, GgufType type, Path tokenizerDirectory)
      throws IOException {
    ImmutableMap<String, Tensor> tensors = model.tensors();
    write(
        model.spec(),
        file,
        type,
        tokenizerDirectory,
        name -> verifyNotNull(tensors.get(name), name).detach());
  }

  /**
   * Writes the model at {@code model}, a Hugging Face directory or a GGUF file, without loading it
   * as a whole. The tokenizer of a GGUF file is taken over as it is.
   *
   * @throws IOException if the model or its tokenizer is missing, damaged or not supported, or if
   *     the file cannot be written
   * @throws IllegalArgumentException if GGUF cannot express the model
   */
  public static void convert(Path model, Path file, GgufType type) throws IOException {
    if (Files.isRegularFile(model)) {
      convertFile(model, file, type);
      return;
    }
    ModelConfig config = ModelConfig.read(model.resolve(CheckpointDirectory.CONFIG));
    try (CheckpointDirectory files = CheckpointDirectory.open(model)) {
      CheckedWeights weights = new CheckedWeights(EightBitWeights.of(files), config);
      weights.check();
      write(config.spec(), file, type, model, weights::tensor);
    }
  }

  private static void convertFile(Path model, Path file, GgufType type) throws IOException {
    try (GgufFile open = GgufFile.open(model);
        HeldTensor held = new HeldTensor()) {
      GgufModel stored = GgufModel.of(open);
      stored.check();
      write(stored.config().spec(), file, type, model, name -> held.get(name, stored::tensor));
    }
  }

  /**
   * The tensor that rows were last taken from, kept until those of another are: a quantized one is
   * made float32 once, not once for a few rows.
   */
  private static final class HeldTensor implements AutoCloseable {
    private String name = "";
    private @Nullable Tensor tensor;

    Tensor get(String wanted, Function<String, Tensor> source) {
      Tensor held = tensor;
      if (held == null || !name.equals(wanted)) {
        close();
        held = NativeScope.keep(source.apply(wanted));
        tensor = held;
        name = wanted;
      }
      return held;
    }

    @Override
    public void close() {
      if (tensor != null) {
        NativeScope.release(tensor);
        tensor = null;
      }
    }
  }

  private static void write(
      ModelSpec spec, Path file, GgufType type, Path tokenizer, GgufTensors.Weights weights)
      throws IOException {
    GgufArchitecture architecture = GgufArchitecture.of(spec);
    GgufWriter writer = new GgufWriter();
    writer.putAll(GgufHyperparameters.of(LlamaCppBlocks.replaced(spec), architecture, type));
    writer.putAll(keysOf(tokenizer, spec));
    GgufTensors.of(spec, architecture, type, weights).forEach(writer::add);
    writer.write(file);
  }

  private static ImmutableMap<String, GgufValue> keysOf(Path tokenizer, ModelSpec spec)
      throws IOException {
    if (!Files.isRegularFile(tokenizer)) {
      return GgufVocabulary.read(tokenizer, spec);
    }
    try (GgufFile open = GgufFile.open(tokenizer)) {
      return GgufKeys.of(open).takenOver();
    }
  }
}
