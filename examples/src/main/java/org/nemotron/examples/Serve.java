package org.nemotron.examples;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.Ints;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.nemotron.examples.shell.ModelArgument;
import org.nemotron.examples.shell.SecondSignal;
import org.nemotron.examples.shell.SignalledExit;
import org.nemotron.examples.shell.VariableDefaults;
import org.nemotron.runtime.engine.EngineSettings;
import org.nemotron.runtime.engine.KvReservation;
import org.nemotron.runtime.engine.TextGenerator;
import org.nemotron.runtime.sampling.SamplingParams;
import org.nemotron.runtime.server.InferenceServer;
import org.nemotron.runtime.server.ServerSettings;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Serves a model over HTTP until a signal ends it. */
@Command(
    name = "serve",
    mixinStandardHelpOptions = true,
    defaultValueProvider = VariableDefaults.class,
    description = {
      "Serves a model, parent or child, over HTTP with the API of OpenAI.",
      "SIGTERM or Ctrl-C ends it when the answers under way are complete; a second one at once."
    },
    footer = {
      "",
      "Each option is also read from a variable: --max-batch from NEMOTRON_MAX_BATCH, MODEL from"
          + " NEMOTRON_MODEL. NIM_SERVER_PORT, NIM_SERVED_MODEL_NAME, NIM_MODEL_PATH,"
          + " NIM_MAX_MODEL_LEN and NIM_LOG_LEVEL count where these are not set; of others that"
          + " have no meaning here a line tells. Options win."
    })
final class Serve implements Callable<Integer> {
  private static final long LOOK_SECONDS = 5;

  /** Beyond the time for answers: to cancel those that are left, and to close. */
  private static final Duration CLOSE_TIME = Duration.ofSeconds(30);

  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "MODEL", description = "Hugging Face directory, or GGUF")
  private Path model;

  @Option(
      names = "--host",
      defaultValue = "127.0.0.1",
      description = "address to listen on; 0.0.0.0 for all (default: ${DEFAULT-VALUE})")
  private String host;

  @Option(
      names = "--port",
      defaultValue = "8000",
      description = "port to listen on; 0 for a free one (default: ${DEFAULT-VALUE})")
  private int port;

  @Option(
      names = "--served-model-name",
      split = ",",
      description = "names that requests may use (default: the last part of MODEL)")
  private List<String> names = List.of();

  @Option(
      names = "--api-key",
      split = ",",
      description = "keys of which requests must send one (default: none is needed)")
  private List<String> keys = List.of();

  @Mixin private EngineOptions engine;

  @Option(names = "--threads", description = "CPU cores that compute (default: all)")
  private Optional<Integer> threads;

  @Option(
      names = "--max-batch",
      description = "answers generated at the same time (default: 64, on a GPU 256)")
  private Optional<Integer> maxBatch;

  @Option(
      names = "--prefill-tokens",
      description = "tokens of prompts read in a step (default: 256, on a GPU 4096)")
  private Optional<Integer> prefillTokens;

  @Option(
      names = "--kv-bytes",
      description = "memory of the KV cache (default: at most 1 GiB, on a GPU 8 GiB)")
  private Optional<Long> kvBytes;

  @Option(
      names = "--kv-reserve",
      description = {
        "for how many more tokens a running answer is expected to need room when another is",
        "admitted, or whole: room for the longest answer is kept from its beginning (default: 512)"
      })
  private Optional<String> reserve;

  @Option(
      names = "--max-waiting",
      defaultValue = "256",
      description = "answers that may wait; more are refused (default: ${DEFAULT-VALUE})")
  private int maxWaiting;

  @Option(
      names = "--max-waiting-tokens",
      defaultValue = "262144",
      description = "tokens that waiting prompts may have (default: ${DEFAULT-VALUE})")
  private long maxWaitingTokens;

  @Option(
      names = "--max-context",
      description = "tokens of prompt and answer together (default: the model's context)")
  private Optional<Integer> maxContext;

  @Option(
      names = "--generation-config",
      description = "sample as the model's generation_config.json says where a request does not")
  private boolean generationConfig;

  @Option(names = "--strict", description = "refuse requests with unknown fields")
  private boolean strict;

  @Option(
      names = "--shutdown-timeout",
      defaultValue = "30",
      description = "seconds for answers under way at the end (default: ${DEFAULT-VALUE})")
  private int shutdownTimeout;

  @Option(
      names = "--metrics-prefix",
      defaultValue = "vllm:",
      description = "what names of metrics begin with (default: ${DEFAULT-VALUE})")
  private String metricsPrefix;

  @Option(
      names = "--log-level",
      defaultValue = "INFO",
      description = "least level of the log: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE})")
  private LogLevel logLevel;

  @SuppressWarnings("NullAway.Init") // picocli sets them
  private Serve() {}

  @Override
  public Integer call() throws IOException {
    Path checked = ModelArgument.checked(model);
    logLevel.set();
    new VariableDefaults()
        .notUnderstood()
        .forEach(
            name ->
                spec.commandLine()
                    .getErr()
                    .println("nemotron: the variable " + name + " is not supported: ignored"));
    SignalledExit.waitsFor(Duration.ofSeconds(shutdownTimeout).plus(CLOSE_TIME));
    EngineSettings settings = engineSettings();
    PrintWriter out = spec.commandLine().getOut();
    try (InferenceServer server = InferenceServer.listen(serverSettings(checked))) {
      out.println("loading " + checked);
      try (TextGenerator generator = TextGenerator.open(checked, settings)) {
        generator.notes().forEach(note -> spec.commandLine().getErr().println("nemotron: " + note));
        server.serve(generator);
        out.println("ready: http://" + host + ":" + server.port() + "/v1");
        return await(server, generator);
      }
    }
  }

  /** Waits for the end of the program, or that of the engine. */
  private int await(InferenceServer server, TextGenerator generator) {
    CountDownLatch never = new CountDownLatch(1);
    try {
      boolean unused = false;
      while (generator.isRunning()) {
        unused |= never.await(LOOK_SECONDS, TimeUnit.SECONDS);
      }
      spec.commandLine().getErr().println("nemotron: the engine has ended; the log has the reason");
      return 1;
    } catch (InterruptedException e) { // a signal: the answers under way are completed
      SecondSignal.calls(server::closeNow);
      server.close();
      return 0;
    }
  }

  private ServerSettings serverSettings(Path checked) throws IOException {
    ServerSettings.Builder settings =
        ServerSettings.builder()
            .host(host)
            .port(port)
            .modelNames(names.isEmpty() ? ImmutableList.of(nameOf(checked)) : names)
            .apiKeys(keys)
            .maxWaiting(maxWaiting, maxWaitingTokens)
            .drainTime(Duration.ofSeconds(shutdownTimeout))
            .metricsPrefix(metricsPrefix);
    maxContext.ifPresent(settings::maxContext);
    if (generationConfig) {
      settings.sampling(SamplingParams.read(checked));
    }
    if (strict) {
      settings.strict();
    }
    return settings.build();
  }

  private static String nameOf(Path model) {
    Path name = model.toAbsolutePath().normalize().getFileName();
    return name == null ? "model" : name.toString();
  }

  private static KvReservation reservation(String written) {
    Integer tokens = Ints.tryParse(written);
    checkArgument(
        tokens != null || written.equals("whole"),
        "--kv-reserve (%s) must be a number of tokens or whole",
        written);
    return tokens == null ? KvReservation.WHOLE : KvReservation.expecting(tokens);
  }

  private EngineSettings engineSettings() {
    EngineSettings.Builder settings = engine.settings();
    threads.ifPresent(settings::threads);
    maxBatch.ifPresent(settings::maxBatch);
    prefillTokens.ifPresent(settings::prefillTokens);
    kvBytes.ifPresent(settings::kvBytes);
    reserve.ifPresent(written -> settings.reservation(reservation(written)));
    return settings.build();
  }
}
