package org.nemotron.runtime.langchain4j;

import dev.langchain4j.model.chat.request.ChatRequestParameters;
import org.nemotron.runtime.engine.Generation;
import org.nemotron.runtime.engine.Prompt;
import org.nemotron.runtime.engine.TextGenerator;

/** Requests to continue a text. */
record TextRequests(
    TextGenerator generator, Parameters parameters, ChatRequestParameters defaults) {
  Generation start(String text) {
    Prompt.Encoded prompt = generator.encode(new Prompt.Text(text));
    return generator.submit(
        parameters.request(prompt, generator.spec().maxPositions(), defaults).build());
  }
}
