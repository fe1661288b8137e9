package org.nemotron.runtime.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.Uninterruptibles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.nemotron.runtime.engine.EngineSettings;
import org.nemotron.runtime.engine.FinishReason;
import org.nemotron.runtime.engine.Generation;
import org.nemotron.runtime.engine.GenerationRequest;
import org.nemotron.runtime.engine.RequestListener;
import org.nemotron.runtime.engine.SmallModel;
import org.nemotron.runtime.engine.TextGenerator;

/** Callers whose answers wait while a step of the engine takes as long as the test likes. */
final class HeldEngineTest {
  private static final String PATH = "/v1/completions";
  private static final Pattern SUBMITTED = Pattern.compile("request_params_n_count\\{.*} 1\n");

  private final CountDownLatch held = new CountDownLatch(1);
  private final CountDownLatch released = new CountDownLatch(1);
  private TextGenerator generator;
  private InferenceServer server;
  private Generation running;

  @BeforeEach
  void start() throws IOException {
    generator = SmallModel.generator(EngineSettings.builder().threads(1).maxBatch(1).build());
    server =
        InferenceServer.start(
            generator,
            ServerSettings.builder().port(0).pingInterval(Duration.ofSeconds(1)).build());
    running =
        generator
            .trySubmit(GenerationRequest.continuing("Once").maxNewTokens(1).build(), new Holding())
            .orElseThrow();
    Uninterruptibles.awaitUninterruptibly(held);
  }

  @AfterEach
  void stop() {
    released.countDown();
    server.closeNow();
    generator.close();
  }

  /** Keeps the engine's thread before its first step. */
  private final class Holding implements RequestListener {
    @Override
    public void onScheduled(long nanos, int sharedTokens) {
      held.countDown();
      Uninterruptibles.awaitUninterruptibly(released);
    }
  }

  private void awaitCancelled() {
    Eventually.becomesTrue("it left the queue", () -> generator.metrics().cancelled() == 1);
    assertThat(running.future()).isNotDone();
    released.countDown();
    assertThat(running.await().finish()).isEqualTo(FinishReason.LENGTH);
    assertThat(generator.metrics().cancelled()).isEqualTo(1);
  }

  @Test
  void stream_thatWaits_hasCommentsAndLeavesTheQueueWithItsCaller() throws IOException {
    try (RawClient client = new RawClient(server.port())) {
      client.post(PATH, "{'prompt':'Two','stream':true}");
      assertThat(client.readUntil(": ping\n\n")).contains("200 OK", "text/event-stream");
    }
    awaitCancelled();
  }

  @Test
  void answer_thatWaits_leavesTheQueueWithItsCaller() throws IOException {
    try (RawClient client = new RawClient(server.port())) {
      client.post(PATH, "{'prompt':'Two'}");
      Eventually.becomesTrue("it is submitted", () -> SUBMITTED.matcher(metrics()).find());
    }
    awaitCancelled();
  }

  private String metrics() {
    try (RawClient client = new RawClient(server.port())) {
      client.write("GET /metrics HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n");
      return client.readUntil("never");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
