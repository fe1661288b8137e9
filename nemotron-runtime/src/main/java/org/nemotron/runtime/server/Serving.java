package org.nemotron.runtime.server;

import org.nemotron.runtime.engine.EngineSettings;
import org.nemotron.runtime.engine.TextGenerator;
import org.nemotron.runtime.server.wire.RequestReader;

/** The parts that a served model has. Immutable. */
record Serving(
    ServedModel model,
    ModelEndpoints about,
    Admission admission,
    RequestReader reader,
    GenerationEndpoint completions,
    GenerationEndpoint chat) {

  /** As many as vLLM's default. */
  private static final int MOST_LOG_PROBS = 20;

  static Serving of(
      TextGenerator generator, ServerSettings settings, EventLoop loop, RequestObserver observer) {
    ServedModel model = new ServedModel(generator, settings);
    EngineSettings engine = generator.settings();
    Admission admission =
        new Admission(engine.maxBatch(), settings.maxWaiting(), settings.maxWaitingTokens());
    RequestReader reader =
        new RequestReader(
            new RequestReader.Defaults(
                settings.sampling(), MOST_LOG_PROBS, generator.spec().vocabularySize()),
            settings.strict());
    return new Serving(
        model,
        new ModelEndpoints(model, settings),
        admission,
        reader,
        new GenerationEndpoint(loop, model, admission, observer, reader::completion, "cmpl-"),
        new GenerationEndpoint(loop, model, admission, observer, reader::chat, "chatcmpl-"));
  }
}
