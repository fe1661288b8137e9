package org.nemotron.examples.pretraining;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.nemotron.core.checkpoint.ModelCard;
import org.nemotron.core.checkpoint.ModelSpecReader;
import org.nemotron.core.checkpoint.ModelWriter;
import org.nemotron.core.io.AtomicFiles;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.Seed;
import org.nemotron.core.text.EvaluationBatches;
import org.nemotron.core.text.TextFiles;
import org.nemotron.core.text.TokenBatches;
import org.nemotron.core.text.TokenCorpus;
import org.nemotron.core.text.Tokenizer;
import org.nemotron.examples.shell.ModelArgument;
import org.nemotron.nas.distill.OptimizerSettings;
import org.nemotron.nas.distill.Pretrainer;
import org.nemotron.nas.distill.PretrainingSettings;
import org.nemotron.nas.score.ModelEvaluator;
import org.nemotron.nas.score.ModelQuality;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Trains a small Llama-style model on text, from random weights, and writes its directory. */
@Command(
    name = "pretrain",
    mixinStandardHelpOptions = true,
    description = "Trains a small model from its beginning, to be a parent.")
public final class Pretrain implements Callable<Integer> {
  private static final int REPORT_EVERY = 50;
  private static final double FINAL_FRACTION = 0.1;
  private static final double BETA_1 = 0.9;
  private static final double BETA_2 = 0.95;
  private static final double WEIGHT_DECAY = 0.1;

  @Mixin private PretrainingShape shape;

  @Option(
      names = "--text",
      paramLabel = "FILE",
      required = true,
      description =
          "training text (.txt or .txt.gz), may be repeated; named twice, it counts twice")
  private List<Path> texts = new ArrayList<>();

  @Option(
      names = "--held-out",
      paramLabel = "FILE",
      description = "text to measure on after training, may be repeated; each by itself")
  private List<Path> heldOut = new ArrayList<>();

  @Option(
      names = "--tokenizer",
      paramLabel = "MODEL",
      required = true,
      description = "Hugging Face directory whose vocabulary and marks the model has")
  private Path tokenizer;

  @Option(names = "--steps", paramLabel = "N", description = "updates (default: ${DEFAULT-VALUE})")
  private int steps = 1000;

  @Option(
      names = "--batch",
      paramLabel = "N",
      description = "windows of an update (default: ${DEFAULT-VALUE})")
  private int batch = 256;

  @Option(
      names = "--window",
      paramLabel = "N",
      description = "tokens of a window (default: ${DEFAULT-VALUE})")
  private int window = 512;

  @Option(
      names = "--learning-rate",
      paramLabel = "RATE",
      description = "the highest (default: ${DEFAULT-VALUE})")
  private double learningRate = 2e-3;

  @Option(
      names = "--warm-up",
      paramLabel = "SHARE",
      description = "of the steps (default: ${DEFAULT-VALUE})")
  private double warmUp = 0.05;

  @Option(
      names = "--skipped",
      paramLabel = "SHARE",
      description =
          "of the attentions and FFNs that a step leaves out, by chance (default: ${DEFAULT-VALUE})")
  private double skipped;

  @Option(names = "--seed", paramLabel = "N", description = "(default: ${DEFAULT-VALUE})")
  private long seed = 1;

  @Option(names = "--device", paramLabel = "DEVICE", description = "cpu, cuda or cuda:N")
  private String device = "cpu";

  @Parameters(index = "0", paramLabel = "TARGET", description = "directory to write")
  private Path target;

  @SuppressWarnings("NullAway.Init") // picocli sets them
  private Pretrain() {}

  @Override
  public Integer call() throws IOException {
    ModelSpec spec = shape.spec(ModelSpecReader.read(ModelArgument.checked(tokenizer)));
    checkBeforeWork(spec);
    Device on = Device.parse(device);
    DType dtype = on.equals(Device.CPU) ? DType.FLOAT32 : DType.BFLOAT16;
    System.out.printf(
        Locale.ROOT, "%,d parameters in %d layers%n", spec.parameters(), spec.layers());
    TokenBatches data = new TokenBatches(corpus(texts, spec), batch, window, new Seed(seed));
    long began = System.nanoTime();
    try (HeterogeneousModel start = new InitialWeights(spec, new Seed(seed)).model(on, dtype);
        HeterogeneousModel trained = train(start, data)) {
      PretrainingResult result =
          new PretrainingResult(
              spec, settings(), data, texts, (System.nanoTime() - began) / 1e9, qualities(trained));
      ModelWriter.write(trained, target, DType.BFLOAT16, tokenizer);
      AtomicFiles.write(target.resolve(ModelCard.FILE), result.toMarkdown(target));
      System.out.println(result.summary());
    }
    System.out.println(target);
    return 0;
  }

  /** What would else be found out after minutes of training. */
  private void checkBeforeWork(ModelSpec spec) throws IOException {
    checkArgument(
        window <= spec.maxPositions(),
        "--window (%s) must not exceed --positions (%s)",
        window,
        spec.maxPositions());
    if (Files.exists(target)) {
      throw new IOException(target + " is there already.\nMaybe name a new directory.");
    }
  }

  private PretrainingSettings settings() {
    return new PretrainingSettings(
        steps,
        new OptimizerSettings(
            learningRate, warmUp, FINAL_FRACTION, BETA_1, BETA_2, WEIGHT_DECAY, 1),
        skipped,
        new Seed(seed));
  }

  private HeterogeneousModel train(HeterogeneousModel start, TokenBatches data) {
    long began = System.nanoTime();
    double tokensOfStep = (double) batch * window;
    return new Pretrainer(settings())
        .train(
            start,
            data,
            (done, nats, norm) -> {
              if (done % REPORT_EVERY == 0 || done == steps) {
                System.out.printf(
                    Locale.ROOT,
                    "step %d of %d: %.4f nats a token, gradient %.3f, %,.0f tokens/s%n",
                    done,
                    steps,
                    nats,
                    norm,
                    done * tokensOfStep / ((System.nanoTime() - began) / 1e9));
              }
            });
  }

  private TokenCorpus corpus(List<Path> files, ModelSpec spec) throws IOException {
    ImmutableList.Builder<String> documents = ImmutableList.builder();
    for (Path file : files) {
      documents.addAll(TextFiles.documents(file));
    }
    try (Tokenizer opened = Tokenizer.open(tokenizer)) {
      return TokenCorpus.encode(documents.build(), opened, spec, Long.MAX_VALUE);
    }
  }

  private ImmutableList<PretrainingResult.Measured> qualities(HeterogeneousModel trained)
      throws IOException {
    ImmutableList.Builder<PretrainingResult.Measured> all = ImmutableList.builder();
    for (Path file : heldOut) {
      EvaluationBatches windows =
          new EvaluationBatches(
              corpus(ImmutableList.of(file), trained.spec()), 1, window, Integer.MAX_VALUE);
      ModelQuality quality =
          new ModelEvaluator(windows).evaluate(trained, ImmutableList.of(trained)).get(0);
      all.add(
          new PretrainingResult.Measured(
              file.getFileName().toString(), windows.windows(), quality));
    }
    return all.build();
  }
}
