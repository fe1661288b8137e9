package org.nemotron.examples.pretraining;

import static com.google.common.base.Verify.verifyNotNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.checkpoint.ModelReader;
import org.nemotron.core.checkpoint.ModelSpecReader;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Seed;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.core.text.Tokenizer;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

final class PretrainTest {
  private static final String VOCABULARY = "models/tale-7m";

  @Test
  void pretrain_someText_writesAModelThatKnowsIt(@TempDir Path folder) throws IOException {
    Path text = folder.resolve("text.txt");
    Files.writeString(text, "The cat sat on the mat and saw a dog. ".repeat(60));
    Path target = folder.resolve("small");
    int code =
        new CommandLine(Pretrain.class)
            .execute(
                ("--text " + text + " --held-out " + text + " --tokenizer " + VOCABULARY)
                    .concat(" --width 32 --layers 2 --heads 2 --kv-heads 1 --head-dim 16 --ffn 48")
                    .concat(" --steps 30 --batch 4 --window 32 --learning-rate 1e-2 --skipped 0.1 ")
                    .concat(target.toString())
                    .split(" "));
    assertThat(code).isZero();
    ModelSpec spec = ModelSpecReader.read(target);
    assertThat(spec.layers()).isEqualTo(2);
    assertThat(spec.vocabularySize()).isEqualTo(4096);
    assertThat(target.resolve("tokenizer.json")).exists();
    assertThat(target.resolve("README.md"))
        .content()
        .contains("3,840 tokens in windows of 32")
        .contains("left out 10 %")
        .contains("text.txt: ");
    assertThat(nextTokensRight(target, text)).isGreaterThan(0.5);
  }

  private static double nextTokensRight(Path model, Path text) throws IOException {
    try (NativeScope scope = NativeScope.open();
        HeterogeneousModel opened = ModelReader.read(model, DType.FLOAT32, Device.CPU);
        Tokenizer tokenizer = Tokenizer.open(model)) {
      long[] ids =
          tokenizer.encode(Files.readString(text)).stream().limit(32).asLongStream().toArray();
      Tensor idsBT = Tensors.of(ids, 1, ids.length);
      Tensor best = torch.argmax(opened.logits(idsBT), new LongOptional(2), false);
      Tensor right = best.narrow(1, 0, ids.length - 1).eq(idsBT.narrow(1, 1, ids.length - 1));
      return Tensors.scalar(Tensors.cast(right, DType.FLOAT32).mean());
    }
  }

  @Test
  void initialWeights_sameSeed_areTheSameAndOfTheRightSize() throws IOException {
    ModelSpec vocabulary = spec();
    try (NativeScope scope = NativeScope.open();
        HeterogeneousModel one =
            new InitialWeights(vocabulary, new Seed(4)).model(Device.CPU, DType.FLOAT32);
        HeterogeneousModel two =
            new InitialWeights(vocabulary, new Seed(4)).model(Device.CPU, DType.FLOAT32)) {
      one.tensors()
          .forEach(
              (name, tensor) ->
                  assertThat(torch.equal(tensor, two.tensors().get(name))).as(name).isTrue());
      double usual = deviation(one, "model.embed_tokens.weight");
      double adding = deviation(one, "model.layers.0.mlp.down_proj.weight");
      assertThat(usual).isBetween(0.095, 0.1);
      assertThat(adding / usual).isBetween(0.46, 0.54);
    }
  }

  private static double deviation(HeterogeneousModel model, String name) {
    return Tensors.scalar(verifyNotNull(model.tensors().get(name), name).std());
  }

  private static ModelSpec spec() throws IOException {
    PretrainingShape shape = new PretrainingShape();
    new CommandLine(shapeCommand(shape)).parseArgs("--width", "32", "--layers", "2", "--ffn", "64");
    return shape.spec(ModelSpecReader.read(Path.of(VOCABULARY)));
  }

  private static CommandSpec shapeCommand(PretrainingShape shape) {
    return CommandSpec.create().addMixin("shape", CommandSpec.forAnnotatedObject(shape));
  }
}
