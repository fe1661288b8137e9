package org.nemotron.examples;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.nemotron.examples.shell.ModelArgument;
import org.nemotron.runtime.chat.ChatMessage;
import org.nemotron.runtime.engine.GenerationRequest;
import org.nemotron.runtime.engine.GenerationResult;
import org.nemotron.runtime.engine.TextGenerator;
import org.nemotron.runtime.sampling.SamplingParams;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Continues a text or answers a message, and prints the answer as it comes. */
@Command(
    name = "generate",
    mixinStandardHelpOptions = true,
    description = "Continues a text, or answers a message, with a model, parent or child.")
final class Generate implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "MODEL", description = "Hugging Face directory, or GGUF")
  private Path model;

  @Parameters(index = "1", paramLabel = "TEXT", description = "what to continue")
  private String text;

  @Option(
      names = "--chat",
      description = "TEXT is a user's message, which the model's chat template renders")
  private boolean chat;

  @Option(
      names = "--tokens",
      defaultValue = "128",
      description = "how many at most (default: ${DEFAULT-VALUE})")
  private int tokens;

  @Option(
      names = "--temperature",
      defaultValue = "0",
      description = "0 takes the likeliest token every time (default: ${DEFAULT-VALUE})")
  private double temperature;

  @Option(
      names = "--seed",
      description = "of the draws; without one, each call draws its own and prints it")
  private Optional<Long> seed;

  @Mixin private EngineOptions engine;

  @SuppressWarnings("NullAway.Init") // picocli sets them
  private Generate() {}

  @Override
  public Integer call() throws IOException {
    Path checked = ModelArgument.checked(model);
    SamplingParams.Builder sampling = SamplingParams.builder().temperature(temperature);
    seed.ifPresent(sampling::seed);
    GenerationRequest request =
        (chat
                ? GenerationRequest.chat(List.of(ChatMessage.user(text)))
                : GenerationRequest.continuing(text))
            .maxNewTokens(tokens)
            .sampling(sampling.build())
            .build();
    PrintWriter out = spec.commandLine().getOut();
    try (TextGenerator generator = TextGenerator.open(checked, engine.settings().build())) {
      generator.notes().forEach(note -> spec.commandLine().getErr().println("nemotron: " + note));
      out.print(chat ? "" : text);
      GenerationResult result =
          generator.generate(
              request,
              piece -> {
                out.print(piece);
                out.flush();
              });
      out.println(speed(result));
    }
    return 0;
  }

  private String speed(GenerationResult result) {
    int tokens = result.tokens().length();
    double seconds = result.duration().minus(result.timeToFirstToken()).toNanos() / 1e9;
    String rate = tokens < 2 ? "" : String.format(", %.1f per second", (tokens - 1) / seconds);
    String seedOfDraws = temperature > 0 ? ", seed " + result.seed() : "";
    return String.format(
        "%n[%d tokens%s, first after %d ms%s]",
        tokens, rate, result.timeToFirstToken().toMillis(), seedOfDraws);
  }
}
