package org.nemotron.runtime.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.IntStream;
import org.nemotron.runtime.engine.EngineSettings;
import org.nemotron.runtime.engine.SmallModel;
import org.nemotron.runtime.engine.TextGenerator;

/**
 * Callers that leave at a random moment: in the headers, in the body, before the answer, or in the
 * middle of it. As a program, it sends ten thousand of them to a model, and prints what is left.
 */
public final class VanishingClients {
  private final int port;
  private final long seed;

  VanishingClients(int port, long seed) {
    this.port = port;
    this.seed = seed;
  }

  /** Sends {@code count} callers, some at the same time. */
  void run(int count) {
    IntStream.range(0, count).parallel().forEach(this::call);
  }

  private void call(int index) {
    Random random = new Random(seed * 1_000_003 + index);
    boolean stream = random.nextBoolean();
    String body =
        "{'prompt':'Once','max_tokens':300,'n':"
            + (1 + random.nextInt(3))
            + ",'stream':"
            + stream
            + "}";
    try (RawClient client = new RawClient(port)) {
      if (random.nextInt(4) == 0) {
        client.write("POST /v1/completions HTTP/1.1\r\nHost: here\r\nContent-Length: 40\r\n");
        client.write(random.nextBoolean() ? "\r\n{\"prompt\"" : "");
        return;
      }
      client.post("/v1/completions", body);
      for (int i = random.nextInt(2000); i > 0 && stream; i--) {
        if (client.in().read() < 0) {
          return;
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Runs the program: as many callers as are measured go before, so that all is warm.
   *
   * @param arguments how many callers, and perhaps a model's directory instead of a random child
   */
  public static void main(String[] arguments) throws IOException {
    int count = Integer.parseInt(arguments[0]);
    EngineSettings settings = EngineSettings.builder().threads(1).build();
    try (TextGenerator generator =
            arguments.length > 1
                ? TextGenerator.open(Path.of(arguments[1]), settings)
                : SmallModel.generator(settings);
        InferenceServer server =
            InferenceServer.start(generator, ServerSettings.builder().port(0).build())) {
      new VanishingClients(server.port(), 1).run(count / 2);
      print(generator);
      new VanishingClients(server.port(), 2).run(count);
      print(generator);
    }
  }

  private static void print(TextGenerator generator) throws IOException {
    Eventually.becomesTrue(
        "nothing is held",
        () -> generator.metrics().running() == 0 && generator.metrics().cache().usedPages() == 0);
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    String resident =
        Files.readAllLines(Path.of("/proc/self/status")).stream()
            .filter(line -> line.startsWith("VmRSS"))
            .findFirst()
            .orElse("");
    System.out.printf(
        "%d pages held, %d threads, heap %d KiB, %s, %d cancelled, %d failed%n",
        generator.metrics().cache().usedPages(),
        Thread.getAllStackTraces().size(),
        (runtime.totalMemory() - runtime.freeMemory()) >> 10,
        resident,
        generator.metrics().cancelled(),
        generator.metrics().failed());
  }
}
