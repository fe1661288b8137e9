package org.nemotron.core.eval.mtbench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.nemotron.core.eval.task.ChatTurn;

final class ChatEndpointTest {
  private static final ImmutableList<ChatTurn> TURNS =
      ImmutableList.of(new ChatTurn("system", "Grade."), new ChatTurn("user", "this"));

  private JudgeServer server;

  @BeforeEach
  void serve() throws IOException {
    server = new JudgeServer(text -> "I see " + text);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void answer_question_hasTheKey() throws Exception {
    assertThat(server.endpoint().answer(TURNS)).isEqualTo("I see this");
    assertThat(server.authorizations()).containsExactly("Bearer secret");
    assertThat(server.endpoint()).hasToString("grader at " + server.address().replaceAll("/$", ""));
  }

  @Test
  void answer_busyEndpoint_isAskedAgainAfterWhatItWishes() throws Exception {
    server.refuse(429, "slow down", "7");
    server.refuse(500, "oops", "");
    server.refuse(503, "later", "Fri, 27 Nov 2026 07:00:00 GMT");
    server.refuse(429, "slow down", "86400");
    assertThat(server.endpoint().answer(TURNS)).isEqualTo("I see this");
    assertThat(server.pauses())
        .containsExactly(
            Duration.ofSeconds(7),
            Duration.ofSeconds(2),
            Duration.ofSeconds(4),
            Duration.ofMinutes(1));
  }

  @Test
  void answer_endpointThatStaysBusy_isQuoted() {
    for (int i = 0; i < 6; i++) {
      server.refuse(429, "{\"error\":\n \"quota\"}", "");
    }
    assertThatIOException()
        .isThrownBy(() -> server.endpoint().answer(TURNS))
        .withMessage(
            "the endpoint %s answers 429: {\"error\": \"quota\"}\n"
                + "Maybe the limit of the key is reached; the same command goes on later.",
            server.address().replaceAll("/$", ""));
    assertThat(server.pauses()).hasSize(5);
  }

  @Test
  void answer_refusal_isNotRepeated() {
    server.refuse(401, "no key", "");
    assertThatIOException()
        .isThrownBy(() -> server.endpoint().answer(TURNS))
        .withMessageEndingWith("answers 401: no key\nMaybe the key is missing, or another one.");
    assertThat(server.pauses()).isEmpty();
  }

  @Test
  void answer_noMessageOrNoJson_isQuoted() {
    server.refuse(200, "{\"choices\": []}", "");
    server.refuse(200, "<html>", "");
    assertThatIOException()
        .isThrownBy(() -> server.endpoint().answer(TURNS))
        .withMessageEndingWith("answers without a message: {\"choices\": []}");
    assertThatIOException()
        .isThrownBy(() -> server.endpoint().answer(TURNS))
        .withMessageEndingWith("answers no JSON: <html>");
  }

  @Test
  void answer_nobodyThere_saysSoAtOnce() {
    ChatEndpoint endpoint = server.endpoint();
    server.close();
    assertThatIOException()
        .isThrownBy(() -> endpoint.answer(TURNS))
        .withMessageEndingWith("cannot be reached.\nMaybe it is not running.");
    assertThat(server.pauses()).isEmpty();
  }

  @Test
  void make_addressModelAndKey_areChecked() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ChatEndpoint("localhost:8000", "m", ""))
        .withMessage(
            "the endpoint's address (localhost:8000) must be one of HTTP, such as"
                + " http://localhost:8000/v1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ChatEndpoint("http:// x", "m", ""))
        .withMessageContaining("must be one of HTTP");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ChatEndpoint("http://x/v1", "", ""))
        .withMessage("the endpoint's model must have a name");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ChatEndpoint("http://x/v1", "m", "k\n"))
        .withMessageStartingWith("the endpoint's key must be of visible ASCII letters.")
        .withMessageNotContaining("k\n");
  }
}
