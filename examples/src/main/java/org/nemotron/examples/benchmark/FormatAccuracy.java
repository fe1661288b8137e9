package org.nemotron.examples.benchmark;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.nemotron.core.backend.Backends;
import org.nemotron.core.checkpoint.ModelReader;
import org.nemotron.core.checkpoint.TokenizerDirectory;
import org.nemotron.core.inference.ForwardBatch;
import org.nemotron.core.inference.GreedyDecoder;
import org.nemotron.core.inference.InferenceBackend;
import org.nemotron.core.inference.InferenceModel;
import org.nemotron.core.inference.InferenceSession;
import org.nemotron.core.inference.KvFormat;
import org.nemotron.core.inference.KvPages;
import org.nemotron.core.inference.ModelFormat;
import org.nemotron.core.inference.SequenceChunk;
import org.nemotron.core.inference.StepOutput;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.text.TextFiles;
import org.nemotron.core.text.Tokenizer;
import org.nemotron.examples.shell.ModelArgument;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Measures what formats of weights cost in accuracy: the next token's, on windows of a text. */
@Command(
    name = "format-accuracy",
    mixinStandardHelpOptions = true,
    description = "Measures how well a model predicts a text with its weights in several formats.")
public final class FormatAccuracy implements Callable<Integer> {
  @Option(names = "--model", required = true, description = "A Hugging Face directory, or GGUF.")
  private Path model = Path.of("");

  @Option(names = "--text", required = true, description = "A text file.")
  private Path text = Path.of("");

  @Option(names = "--device", defaultValue = "cpu", description = "cpu, cuda or cuda:N.")
  private String device = "cpu";

  @Option(names = "--formats", split = ",", required = true, description = "Which to compare.")
  private List<WeightFormat> formats = List.of();

  @Option(names = "--head", description = "The head's format (default: that of such weights).")
  private Optional<WeightFormat> head = Optional.empty();

  @Option(
      names = "--kv",
      split = ",",
      defaultValue = "USUAL",
      description = "KV cache: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  private List<KvFormat> kvFormats = List.of(KvFormat.USUAL);

  @Option(names = "--windows", defaultValue = "64", description = "How many windows.")
  private int windows = 64;

  @Option(names = "--tokens", defaultValue = "512", description = "Tokens of each window.")
  private int tokens = 512;

  @Override
  public Integer call() throws IOException {
    Device where = Device.parse(device);
    DType dtype = where.equals(Device.CPU) ? DType.FLOAT32 : DType.BFLOAT16;
    ImmutableIntArray ids;
    try (TokenizerDirectory files = TokenizerDirectory.of(ModelArgument.checked(model));
        Tokenizer tokenizer = Tokenizer.open(files.path())) {
      ids = tokenizer.encodeWhole(String.join("\n", TextFiles.documents(text)));
    }
    checkArgument(
        ids.length() >= windows * tokens,
        "%s: %s tokens are too few for %s windows of %s",
        text,
        ids.length(),
        windows,
        tokens);
    try (HeterogeneousModel weights = ModelReader.read(model, dtype, where);
        InferenceBackend host = Backends.of(where)) {
      for (WeightFormat format : formats) {
        ModelFormat usual = ModelFormat.of(format);
        ModelFormat held = new ModelFormat(format, head.orElse(usual.head()));
        try (InferenceModel ready = host.prepare(weights, held, tokens)) {
          for (KvFormat kv : kvFormats) {
            String name = format + ", head " + held.head() + ", KV " + kv;
            System.out.printf("%-44s %s%n", name, measured(ready, kv, ids));
          }
          ready.notes().forEach(note -> System.out.println("  " + note));
        }
      }
    }
    return 0;
  }

  private Prediction measured(InferenceModel ready, KvFormat kv, ImmutableIntArray ids) {
    int pages = KvPages.pagesFor(tokens);
    ImmutableIntArray all = ImmutableIntArray.copyOf(IntStream.range(0, pages));
    int stride = ids.length() / windows;
    int right = 0;
    double nats = 0;
    try (InferenceSession session = ready.newSession(pages, kv)) {
      for (int window = 0; window < windows; window++) {
        ImmutableIntArray read = ids.subArray(window * stride, window * stride + tokens);
        StepOutput output =
            session.step(
                ForwardBatch.of(new SequenceChunk(all, 0, read, SequenceChunk.ALL_LOGITS)));
        for (int row = 0; row + 1 < tokens; row++) {
          float[] logits = output.logits(row);
          int next = read.get(row + 1);
          right += GreedyDecoder.likeliest(logits) == next ? 1 : 0;
          nats += surprise(logits, next);
        }
      }
    }
    double count = (double) windows * (tokens - 1);
    return new Prediction(right / count, nats / count);
  }

  private static double surprise(float[] logits, int token) {
    double most = Float.NEGATIVE_INFINITY;
    for (float logit : logits) {
      most = Math.max(most, logit);
    }
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - most);
    }
    return most + Math.log(sum) - logits[token];
  }

  /** How well a text was predicted: the share of tokens that came first, and nats per token. */
  private record Prediction(double accuracy, double loss) {
    @Override
    public String toString() {
      return String.format("next token right %.2f %%, loss %.4f nats", accuracy * 100, loss);
    }
  }
}
