package org.nemotron.runtime.langchain4j;

import dev.langchain4j.model.language.LanguageModel;
import dev.langchain4j.model.output.Response;

/** See {@link LangChainModels#languageModel}. */
final class GeneratorLanguageModel implements LanguageModel {
  private final TextRequests requests;

  GeneratorLanguageModel(TextRequests requests) {
    this.requests = requests;
  }

  @Override
  public Response<String> generate(String prompt) {
    return Failures.translated(() -> Answers.response(requests.start(prompt).await()));
  }
}
