package org.nemotron.core.checkpoint;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.checkpoint.format.GgufType;
import org.nemotron.core.checkpoint.gguf.GgufFile;
import org.nemotron.core.checkpoint.gguf.GgufKeys;
import org.nemotron.core.checkpoint.gguf.GgufModel;
import org.nemotron.core.checkpoint.gguf.GgufTokenizers;
import org.nemotron.core.checkpoint.gguf.GgufVocabulary;
import org.nemotron.core.checkpoint.huggingface.AnyModelConfigs;
import org.nemotron.core.checkpoint.huggingface.CheckedWeights;
import org.nemotron.core.checkpoint.huggingface.CheckpointDirectory;
import org.nemotron.core.checkpoint.huggingface.DeciLmConfigs;
import org.nemotron.core.checkpoint.huggingface.ModelFamily;
import org.nemotron.core.checkpoint.safetensors.SafetensorsFile;
import org.nemotron.core.checkpoint.safetensors.SafetensorsWriter;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.AttentionTrait;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.RopeSpec;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.testing.ModelSpecBuilder;
import org.nemotron.core.text.Tokenizer;

/** Every reader of files, with files that are damaged in many ways. */
final class ReaderFuzzTest {
  private Path directory;

  @BeforeEach
  void nameDirectory(@TempDir Path temporary) {
    CpuThreads.perOperation(1);
    directory = temporary;
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private void write(String file, byte[] content) throws IOException {
    Files.write(directory.resolve(file), content);
  }

  // ---- safetensors

  private static final String HEADER =
      "{\"__metadata__\":{\"format\":\"pt\"},"
          + "\"a\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]},"
          + "\"b\":{\"dtype\":\"BF16\",\"shape\":[4],\"data_offsets\":[24,32]},"
          + "\"c\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[32,40]},"
          + "\"d\":{\"dtype\":\"F16\",\"shape\":[0,7],\"data_offsets\":[40,40]}}";

  @Test
  void safetensorsFile_mutants_areReadOrRefused() {
    List<byte[]> seeds = ImmutableList.of(Checkpoints.safetensors(HEADER, 40));
    Fuzzing.run(new Mutants(seeds, false), this::readSafetensors);
  }

  /** The header's length is right, so that its content is looked at. */
  @Test
  void safetensorsHeader_mutants_areReadOrRefused() {
    Fuzzing.run(
        new Mutants(ImmutableList.of(utf8(HEADER)), true),
        mutant ->
            readSafetensors(
                Checkpoints.safetensors(new String(mutant, StandardCharsets.UTF_8), 40)));
  }

  private void readSafetensors(byte[] mutant) throws IOException {
    write("model.safetensors", mutant);
    try (NativeScope scope = NativeScope.open();
        SafetensorsFile file = SafetensorsFile.open(directory.resolve("model.safetensors"))) {
      for (String name : file.names()) {
        Tensor tensor = file.tensor(name);
        long unused = tensor.numel() > 0 ? tensor.count_nonzero().item_long() : 0;
      }
    }
  }

  // ---- directories

  @Test
  void index_mutants_areReadOrRefused() throws IOException {
    write("config.json", utf8("{}"));
    for (String shard : ImmutableList.of("a", "b")) {
      try (NativeScope scope = NativeScope.open()) {
        new SafetensorsWriter()
            .addAll(Map.of(shard, Checkpoints.normal(random(), ImmutableList.of(2L))))
            .write(directory.resolve(shard + ".safetensors"));
      }
    }
    String index =
        "{\"metadata\":{\"total_size\":16},"
            + "\"weight_map\":{\"a\":\"a.safetensors\",\"b\":\"b.safetensors\"}}";
    Fuzzing.run(
        new Mutants(ImmutableList.of(utf8(index)), true),
        mutant -> {
          write("model.safetensors.index.json", mutant);
          CheckpointDirectory.open(directory).close();
        });
  }

  private static java.util.SplittableRandom random() {
    return new java.util.SplittableRandom(1);
  }

  @Test
  void config_mutants_areReadOrRefused() {
    List<byte[]> seeds = new ArrayList<>();
    for (String type : ImmutableList.of("llama", "mistral", "qwen2", "qwen3")) {
      var config = Checkpoints.llamaConfig(Checkpoints.llama(true));
      config.put("model_type", type).remove("architectures");
      config.put("sliding_window", 4096).put("use_sliding_window", true);
      config.put("max_window_layers", 1);
      seeds.add(utf8(config.toString()));
    }
    ModelSpec irregular = irregular(ImmutableSet.of());
    seeds.add(utf8(DeciLmConfigs.toJson(irregular, DType.FLOAT32).toString()));
    seeds.add(utf8(AnyModelConfigs.toJson(irregular, DType.FLOAT32, ModelFamily.LLAMA).toString()));
    var deci = Checkpoints.llamaConfig(Checkpoints.llama(true));
    deci.put("model_type", "deci").putArray("architectures").add("DeciLMForCausalLM");
    deci.putArray("num_key_value_heads_per_layer").add(2).add(1);
    seeds.add(utf8(deci.toString()));
    Fuzzing.run(
        new Mutants(seeds, true),
        mutant -> {
          write("config.json", mutant);
          long unused = ModelSpecReader.read(directory).parameters();
        });
  }

  /** Returns a small model over the letters, with a layer of each kind. */
  private static ModelSpec irregular(ImmutableSet<AttentionTrait> traits) {
    AttentionSpec attention = new AttentionSpec.GroupedQuery(2, 1, 4, traits);
    return ModelSpecBuilder.like(LetterModels.spec("irregular, untied"))
        .width(8)
        .heads(2, 4)
        .rope(new RopeSpec.Llama3(500_000, 8, 1, 4, 64))
        .maxPositions(64)
        .blocks(
            new BlockSpec(attention, new FfnSpec.Gated(12)),
            new BlockSpec(new AttentionSpec.Linear(), new FfnSpec.Linear()),
            new BlockSpec(new AttentionSpec.NoOp(), new FfnSpec.Gated(4)),
            new BlockSpec(attention, new FfnSpec.NoOp()))
        .build();
  }

  // ---- GGUF

  @Test
  void gguf_mutants_areReadOrRefused() throws IOException {
    LetterModels.writeTokenizer(directory);
    List<byte[]> seeds = new ArrayList<>();
    ModelSpec irregular = irregular(ImmutableSet.of());
    ModelSpec biased =
        irregular.withBlocks(
            ImmutableList.of(irregular(ImmutableSet.of(AttentionTrait.INPUT_BIASES)).block(0)));
    for (ModelSpec spec : ImmutableList.of(irregular, biased)) {
      for (GgufType type : ImmutableList.of(GgufType.F32, GgufType.Q8_0)) {
        Path file = directory.resolve("seed.gguf");
        try (HeterogeneousModel model = LetterModels.model(spec, 1)) {
          GgufModelWriter.write(model, file, type, directory);
        }
        seeds.add(Files.readAllBytes(file));
      }
    }
    Fuzzing.run(new Mutants(seeds, false), this::readGguf);
  }

  private void readGguf(byte[] mutant) throws IOException {
    write("model.gguf", mutant);
    try (NativeScope scope = NativeScope.open();
        GgufFile file = GgufFile.open(directory.resolve("model.gguf"))) {
      GgufModel model = GgufModel.of(file);
      new CheckedWeights(model, model.config()).check();
      GgufKeys keys = new GgufKeys("model.gguf", file.values());
      boolean unused =
          GgufTokenizers.toJson(keys).isEmpty() || GgufTokenizers.toConfig(keys).isEmpty();
    }
  }

  // ---- tokenizers

  @Test
  void tokenizerForGguf_mutants_areReadOrRefused() throws IOException {
    SentencePieces.write(directory);
    byte[] pieces = Files.readAllBytes(directory.resolve("tokenizer.json"));
    LetterModels.writeTokenizer(directory);
    byte[] letters = Files.readAllBytes(directory.resolve("tokenizer.json"));
    ModelSpec spec = SentencePieces.spec();
    Fuzzing.run(
        new Mutants(ImmutableList.of(pieces, letters), true),
        mutant -> {
          write("tokenizer.json", mutant);
          boolean unused = GgufVocabulary.read(directory, spec).isEmpty();
        });
  }

  @Test
  void tokenizerSettingsForGguf_mutants_areReadOrRefused() throws IOException {
    LetterModels.writeTokenizer(directory);
    ModelSpec spec = LetterModels.spec("irregular, untied");
    String settings =
        "{\"add_bos_token\":true,\"bos_token\":{\"content\":\"</s>\"},\"eos_token\":\"</s>\","
            + "\"chat_template\":[{\"name\":\"default\",\"template\":\"{{ x }}\"}]}";
    Fuzzing.run(
        new Mutants(ImmutableList.of(utf8(settings)), true),
        mutant -> {
          write("tokenizer_config.json", mutant);
          boolean unused = GgufVocabulary.read(directory, spec).isEmpty();
        });
  }

  @Test
  void tokenizer_mutants_areReadOrRefused() throws IOException {
    SentencePieces.write(directory);
    byte[] pieces = Files.readAllBytes(directory.resolve("tokenizer.json"));
    Fuzzing.run(
        new Mutants(ImmutableList.of(pieces), true),
        IOException.class,
        mutant -> {
          write("tokenizer.json", mutant);
          Tokenizer.open(directory).close();
        });
  }
}
