package org.nemotron.runtime.langchain4j;

import dev.langchain4j.model.chat.request.ChatRequestParameters;
import java.util.Optional;
import org.nemotron.runtime.chat.ToolConvention;
import org.nemotron.runtime.engine.Generation;
import org.nemotron.runtime.engine.GenerationRequest;
import org.nemotron.runtime.engine.Prompt;
import org.nemotron.runtime.engine.TextGenerator;
import org.nemotron.runtime.sampling.TokenConstraint;

/**
 * A request that was found possible.
 *
 * @param constraint the form that its answer must have
 * @param convention how the answer calls tools, if it may
 * @param tools those tools as JSON
 */
record ChatJob(
    TextGenerator generator,
    Parameters parameters,
    ChatRequestParameters asked,
    Prompt prompt,
    TokenConstraint constraint,
    Optional<ToolConvention> convention,
    String tools) {

  /** Starts the answer. */
  Generation start() {
    GenerationRequest request =
        parameters
            .request(generator.encode(prompt), generator.spec().maxPositions(), asked)
            .constraint(constraint)
            .build();
    return generator.submit(request);
  }

  /** Returns what divides the answer into text and calls. */
  AnswerDivision division() {
    return new AnswerDivision(convention.map(known -> known.parser(tools)));
  }

  String modelName() {
    return parameters.modelName();
  }
}
