package org.nemotron.core.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.checkpoint.format.GgufType;
import org.nemotron.core.checkpoint.huggingface.CheckpointDirectory;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.core.text.Tokenizer;

/** A trained parent and an irregular child of it, with their tokenizer, in llama.cpp. */
final class LlamaCppTaleTest {
  private static final Path PARENT = Path.of("../examples/models/tale-7m");
  private static final String PROMPT = "Once upon a time, there was a little girl named Lily.\nShe";
  private static final int NEW_TOKENS = 64;

  /** Of a hidden state of length 1; 256 elements, 8 layers, float32 sums in another order. */
  private static final double TOLERANCE = 1e-5;

  private static final ImmutableList<String> TEXTS =
      ImmutableList.of(
          PROMPT,
          "I've said 3,141.59 things;  don't \"quote\" me!\n\n\tTabs, too.",
          "Überall naïve façades: 猫が好き — 42½ €\r\n",
          "   leading and trailing   ");

  @Test
  void write_parentAndChild_tokenizeAndContinueAsHere(@TempDir Path directory)
      throws IOException, InterruptedException {
    CpuThreads.perOperation(1);
    Path parentFile = directory.resolve("parent.gguf");
    Path childFile = directory.resolve("child.gguf");
    try (NativeScope scope = NativeScope.open();
        NoGradGuard inference = new NoGradGuard();
        Tokenizer tokenizer = Tokenizer.open(PARENT);
        HeterogeneousModel parent = ModelReader.read(PARENT, DType.FLOAT32, Device.CPU);
        HeterogeneousModel child = child(parent)) {
      GgufModelWriter.write(parent, parentFile, GgufType.F32, PARENT);
      GgufModelWriter.write(child, childFile, GgufType.F32, PARENT);
      List<LlamaCpp.Question> questions = new ArrayList<>();
      questions.add(new LlamaCpp.Question(parentFile, PROMPT, NEW_TOKENS));
      questions.add(new LlamaCpp.Question(childFile, PROMPT, NEW_TOKENS));
      TEXTS.forEach(text -> questions.add(new LlamaCpp.Question(parentFile, text, 1)));
      ImmutableList<LlamaCpp.Answer> answers = LlamaCpp.ask(questions, directory);
      assertSame(parent, tokenizer, answers.get(0));
      assertSame(child, tokenizer, answers.get(1));
      for (int text = 0; text < TEXTS.size(); text++) {
        assertThat(answers.get(2 + text).prompt()).isEqualTo(tokenizer.encode(TEXTS.get(text)));
      }
    }
  }

  @Test
  void unpack_fileOfTheParent_isTheParentWithItsTokenizer(@TempDir Path directory)
      throws IOException {
    Path file = directory.resolve("parent.gguf");
    GgufModelWriter.convert(PARENT, file, GgufType.BF16);
    GgufModelUnpacker.unpack(file, directory.resolve("model"), DType.BFLOAT16);
    try (NativeScope scope = NativeScope.open();
        CheckpointDirectory expected = CheckpointDirectory.open(PARENT);
        CheckpointDirectory actual = CheckpointDirectory.open(directory.resolve("model"));
        Tokenizer own = Tokenizer.open(PARENT);
        Tokenizer read = Tokenizer.open(directory.resolve("model"))) {
      assertThat(ModelSpecReader.read(directory.resolve("model")))
          .isEqualTo(ModelSpecReader.read(PARENT));
      for (String name : expected.names()) {
        assertThat(actual.tensor(name).equal(expected.tensor(name))).as(name).isTrue();
      }
      for (String text : TEXTS) {
        assertThat(read.encode(text)).isEqualTo(own.encode(text));
        assertThat(read.decode(read.encode(text))).isEqualTo(text);
      }
    }
  }

  /** A tokenizer as those of Llama 2, TinyLlama and Mistral are converted to. */
  @Test
  void write_sentencePiece_tokenizesAsHereAndComesBack(@TempDir Path directory)
      throws IOException, InterruptedException {
    SentencePieces.write(directory);
    Path file = directory.resolve("pieces.gguf");
    ModelSpec spec = SentencePieces.spec();
    try (HeterogeneousModel model = LetterModels.model(spec, 1)) {
      GgufModelWriter.write(model, file, GgufType.F32, directory);
    }
    ImmutableList<String> texts =
        ImmutableList.of("the other there", "then  he\nthese", "th\u00e9 \u732b!", "hethe");
    List<LlamaCpp.Question> questions = new ArrayList<>();
    texts.forEach(text -> questions.add(new LlamaCpp.Question(file, text, 1)));
    ImmutableList<LlamaCpp.Answer> answers = LlamaCpp.ask(questions, directory);
    GgufModelUnpacker.unpack(file, directory.resolve("model"), DType.FLOAT32);
    try (Tokenizer own = Tokenizer.open(directory);
        Tokenizer read = Tokenizer.open(directory.resolve("model"))) {
      for (int text = 0; text < texts.size(); text++) {
        assertThat(answers.get(text).error()).isEmpty();
        ImmutableIntArray expected = own.encode(texts.get(text));
        assertThat(answers.get(text).prompt()).isEqualTo(expected);
        assertThat(read.encode(texts.get(text))).isEqualTo(expected);
      }
    }
  }

  private static void assertSame(
      HeterogeneousModel model, Tokenizer tokenizer, LlamaCpp.Answer answer) {
    assertThat(answer.error()).isEmpty();
    ImmutableIntArray prompt = tokenizer.encode(PROMPT);
    assertThat(answer.prompt()).isEqualTo(prompt);
    assertThat(deviation(model, prompt, answer)).isLessThan(TOLERANCE);
    // The last letter may be cut off where it is not finished.
    assertThat(answer.text()).hasSizeGreaterThan(NEW_TOKENS);
    assertThat(tokenizer.decode(continuation(model, prompt))).startsWith(answer.text());
  }

  private static double deviation(
      HeterogeneousModel model, ImmutableIntArray prompt, LlamaCpp.Answer answer) {
    Tensor ids = ids(prompt);
    Tensor states = model.normalize(model.hiddenStates(ids).get(model.spec().layers()));
    Tensor last = states.select(1, ids.size(1) - 1).flatten();
    float[] actual = new float[answer.hidden().size()];
    for (int index = 0; index < actual.length; index++) {
      actual[index] = answer.hidden().get(index);
    }
    return Tensors.of(actual, actual.length).sub(last.div(last.norm())).norm().item_double();
  }

  /** Continues greedily, never by the end token. */
  private static ImmutableIntArray continuation(
      HeterogeneousModel model, ImmutableIntArray prompt) {
    int end = model.spec().specialTokens().endOfText().get(0);
    List<Integer> tokens = new ArrayList<>(prompt.asList());
    for (int token = 0; token < NEW_TOKENS; token++) {
      try (NativeScope scope = NativeScope.open()) {
        Tensor logits = model.logits(ids(ImmutableIntArray.copyOf(tokens)));
        Tensor last = logits.select(1, tokens.size() - 1L).select(0, 0);
        last.select(0, end).fill_(new org.bytedeco.pytorch.Scalar(Double.NEGATIVE_INFINITY));
        tokens.add((int) last.argmax().item_long());
      }
    }
    return ImmutableIntArray.copyOf(tokens.subList(prompt.length(), tokens.size()));
  }

  private static Tensor ids(ImmutableIntArray tokens) {
    return Tensors.of(tokens.stream().asLongStream().toArray(), 1, tokens.length());
  }

  // ---- the child

  /** Returns a child with a layer of each kind, its weights cut from the parent's. */
  private static HeterogeneousModel child(HeterogeneousModel parent) {
    AttentionSpec.GroupedQuery own =
        (AttentionSpec.GroupedQuery) parent.spec().block(0).attention();
    FfnSpec ffn = parent.spec().block(0).ffn();
    Map<Integer, BlockSpec> specs = new LinkedHashMap<>();
    specs.put(1, new BlockSpec(own.withKvHeads(2), new FfnSpec.Gated(352)));
    specs.put(2, new BlockSpec(new AttentionSpec.NoOp(), ffn));
    specs.put(3, new BlockSpec(own, new FfnSpec.Linear()));
    specs.put(4, new BlockSpec(new AttentionSpec.Linear(), ffn));
    specs.put(5, new BlockSpec(own, new FfnSpec.NoOp()));
    ImmutableMap.Builder<Integer, NamedTensors> weights = ImmutableMap.builder();
    specs.forEach((layer, spec) -> weights.put(layer, cut(parent, layer, spec)));
    ImmutableMap<Integer, NamedTensors> held = weights.buildOrThrow();
    HeterogeneousModel child = parent.withBlocks(specs, held);
    held.values().forEach(NamedTensors::close);
    return child;
  }

  private static NamedTensors cut(HeterogeneousModel parent, int layer, BlockSpec spec) {
    Map<String, Tensor> own = parent.block(layer).tensors();
    ImmutableMap.Builder<String, Tensor> cut = ImmutableMap.builder();
    spec.tensorShapes(parent.spec().width())
        .forEach((name, shape) -> cut.put(name, cut(own, name, shape)));
    return NamedTensors.of(cut.buildOrThrow());
  }

  /** Takes the first rows and columns; a linear layer is the product of two projections. */
  private static Tensor cut(Map<String, Tensor> own, String name, ImmutableList<Long> shape) {
    if (name.equals("mlp.linear_mlp.weight")) {
      return product(own, "mlp.down_proj.weight", "mlp.up_proj.weight");
    }
    if (name.equals("self_attn.linear_attn.weight")) {
      Tensor values = weight(own, "self_attn.v_proj.weight");
      return weight(own, "self_attn.o_proj.weight").narrow(1, 0, values.size(0)).mm(values);
    }
    Tensor part = weight(own, name);
    for (int dimension = 0; dimension < shape.size(); dimension++) {
      part = part.narrow(dimension, 0, shape.get(dimension));
    }
    return part.clone();
  }

  private static Tensor product(Map<String, Tensor> own, String left, String right) {
    return weight(own, left).mm(weight(own, right));
  }

  private static Tensor weight(Map<String, Tensor> own, String name) {
    return com.google.common.base.Verify.verifyNotNull(own.get(name), name);
  }
}
