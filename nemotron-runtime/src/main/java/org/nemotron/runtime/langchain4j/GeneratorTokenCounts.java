package org.nemotron.runtime.langchain4j;

import com.google.common.collect.ImmutableList;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.model.TokenCountEstimator;
import java.util.List;
import org.nemotron.runtime.engine.Prompt;
import org.nemotron.runtime.engine.RequestRefusedException;
import org.nemotron.runtime.engine.TextGenerator;

/** See {@link LangChainModels#tokenCountEstimator}. */
final class GeneratorTokenCounts implements TokenCountEstimator {
  private final TextGenerator generator;

  GeneratorTokenCounts(TextGenerator generator) {
    this.generator = generator;
  }

  @Override
  public int estimateTokenCountInText(String text) {
    return generator.tokenizer().encode(text).length();
  }

  @Override
  public int estimateTokenCountInMessage(ChatMessage message) {
    return count(List.of(message));
  }

  @Override
  public int estimateTokenCountInMessages(Iterable<ChatMessage> messages) {
    List<ChatMessage> all = ImmutableList.copyOf(messages);
    return all.isEmpty() ? 0 : count(all);
  }

  private int count(List<ChatMessage> messages) {
    ImmutableList<org.nemotron.runtime.chat.ChatMessage> turns = Messages.of(messages);
    try {
      return generator.encode(new Prompt.Chat(turns)).ids().length();
    } catch (RequestRefusedException refused) {
      return turns.stream().mapToInt(turn -> estimateTokenCountInText(turn.content())).sum();
    }
  }
}
