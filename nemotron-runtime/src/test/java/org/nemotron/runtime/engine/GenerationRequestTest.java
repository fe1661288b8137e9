package org.nemotron.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.ImmutableIntArray;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.nemotron.runtime.chat.ChatMessage;

final class GenerationRequestTest {
  @Test
  void continuing_tokensInAnyForm_areTheSamePrompt() {
    GenerationRequest expected = GenerationRequest.continuing(ImmutableIntArray.of(3, 1)).build();
    assertThat(GenerationRequest.continuing(new int[] {3, 1}).build()).isEqualTo(expected);
    assertThat(GenerationRequest.continuing(List.of(3, 1)).build()).isEqualTo(expected);
  }

  @Test
  void chat_listChangedLater_keepsItsMessages() {
    List<ChatMessage> messages = new ArrayList<>(List.of(ChatMessage.user("Hello")));
    GenerationRequest request = GenerationRequest.chat(messages).build();
    messages.clear();
    assertThat(request.prompt())
        .isEqualTo(new Prompt.Chat(ImmutableList.of(ChatMessage.user("Hello"))));
  }

  @Test
  void chat_noMessage_isRefused() {
    assertThatThrownBy(() -> GenerationRequest.chat(List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a conversation must have a message");
  }

  @Test
  void stopStrings_listOrArguments_areTheSame() {
    assertThat(GenerationRequest.continuing("a").stopStrings(List.of("b", "c")).build())
        .isEqualTo(GenerationRequest.continuing("a").stopStrings("b", "c").build());
  }

  /** Each null is named where it is given, not where the request is served. */
  @Test
  @SuppressWarnings("NullAway") // what a caller without NullAway may do
  void anyMethod_null_isRefusedInASentence() {
    ImmutableMap<String, ThrowingCallable> calls =
        ImmutableMap.<String, ThrowingCallable>builder()
            .put(
                "the text of a prompt must not be null",
                () -> GenerationRequest.continuing((String) null))
            .put(
                "the tokens of a prompt must not be null",
                () -> GenerationRequest.continuing((int[]) null))
            .put(
                "the messages of a conversation must not be null",
                () -> GenerationRequest.chat(null))
            .put(
                "a message of a conversation must not be null",
                () -> GenerationRequest.chat(Arrays.asList(ChatMessage.user("a"), null)))
            .put(
                "the sampling of a request must not be null",
                () -> GenerationRequest.continuing("a").sampling(null))
            .put(
                "a stop string must not be null",
                () -> GenerationRequest.continuing("a").stopStrings("b", null))
            .put("the content of a message must not be null", () -> ChatMessage.user(null))
            .put("the role of a message must not be null", () -> new ChatMessage(null, "a"))
            .buildOrThrow();
    calls.forEach(
        (sentence, call) ->
            assertThatThrownBy(call).isInstanceOf(NullPointerException.class).hasMessage(sentence));
  }
}
