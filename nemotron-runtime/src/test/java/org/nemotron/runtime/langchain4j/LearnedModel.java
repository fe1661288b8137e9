package org.nemotron.runtime.langchain4j;

import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.nemotron.core.checkpoint.ModelReader;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.text.Tokenizer;
import org.nemotron.runtime.chat.ChatTemplate;
import org.nemotron.runtime.engine.EngineSettings;
import org.nemotron.runtime.engine.SmallModel;
import org.nemotron.runtime.engine.TextGenerator;
import org.nemotron.runtime.sampling.SamplingParams;
import org.nemotron.runtime.text.EndTokens;

/** A tiny model that knows {@link Conversations} by heart, with the shipped tokenizer. */
final class LearnedModel {
  static final String NAME = "learned";
  private static final Path FILES = Path.of("src/test/resources/langchain4j");
  private static final int END = 1;

  private LearnedModel() {}

  static TextGenerator open() {
    EngineSettings settings = EngineSettings.builder().threads(1).build();
    try (HeterogeneousModel model = ModelReader.read(FILES, DType.FLOAT32, Device.CPU)) {
      Tokenizer tokenizer = Tokenizer.open(SmallModel.SHIPPED);
      return TextGenerator.of(model, tokenizer, EndTokens.none().and(END), template(), settings);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the models of a generator, which choose the likeliest tokens. */
  static LangChainModels.Builder models(TextGenerator generator) {
    return LangChainModels.builder(generator).modelName(NAME).sampling(SamplingParams.greedy());
  }

  static LangChainModels listened(
      TextGenerator generator,
      ChatModelListener listener,
      double temperature,
      double topP,
      int maxTokens) {
    return models(generator)
        .listeners(List.of(listener))
        .defaultRequestParameters(
            ChatRequestParameters.builder()
                .temperature(temperature)
                .topP(topP)
                .maxOutputTokens(maxTokens)
                .build())
        .build();
  }

  /** Returns a generator with the same prompts. */
  static TextGenerator untrained() throws IOException {
    return SmallModel.chatting(EngineSettings.builder().threads(1).build(), text());
  }

  /** Returns a generator without a chat template. */
  static TextGenerator mute() {
    try {
      return SmallModel.generator(EngineSettings.builder().threads(1).build());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ChatTemplate template() throws IOException {
    return ChatTemplate.of(text(), Map.of());
  }

  private static String text() throws IOException {
    return Files.readString(FILES.resolve("chat_template.jinja")).stripTrailing();
  }
}
