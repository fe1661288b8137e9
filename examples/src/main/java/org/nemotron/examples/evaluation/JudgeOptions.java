package org.nemotron.examples.evaluation;

import static com.google.common.base.Preconditions.checkArgument;

import java.util.Optional;
import org.nemotron.core.eval.mtbench.ChatEndpoint;
import picocli.CommandLine.Option;

/** Which model grades, and how it is reached. */
final class JudgeOptions {
  @Option(
      names = "--judge-url",
      paramLabel = "URL",
      description =
          "an endpoint with OpenAI's chat completions, up to its version, such as"
              + " http://localhost:8000/v1 (default: nothing is graded)")
  private Optional<String> url = Optional.empty();

  @Option(
      names = "--judge-model",
      paramLabel = "NAME",
      description = "the name by which the endpoint knows the model")
  private Optional<String> model = Optional.empty();

  @Option(
      names = "--judge-key-env",
      paramLabel = "VARIABLE",
      description = "the environment variable with the endpoint's key (default: none is sent)")
  private Optional<String> keyVariable = Optional.empty();

  @Option(
      names = "--judge-parallel",
      paramLabel = "N",
      defaultValue = "4",
      description = "requests to the judge at a time (default: ${DEFAULT-VALUE})")
  private int parallel = 4;

  /**
   * Checks what was given, before anything is computed.
   *
   * @throws IllegalArgumentException if something is missing
   */
  void check() {
    checkArgument(
        url.isPresent() == model.isPresent(),
        "--judge-url and --judge-model go together.\nMaybe leave both out: then nothing is graded.");
    checkArgument(keyVariable.isEmpty() || url.isPresent(), "--judge-key-env needs --judge-url");
    checkArgument(parallel > 0, "--judge-parallel (%s) must be positive", parallel);
    if (isGiven()) {
      ChatEndpoint unused = endpoint();
    }
  }

  boolean isGiven() {
    return url.isPresent();
  }

  int parallel() {
    return parallel;
  }

  ChatEndpoint endpoint() {
    return new ChatEndpoint(
        url.orElseThrow(), model.orElseThrow(), keyVariable.map(JudgeOptions::key).orElse(""));
  }

  private static String key(String variable) {
    String key = System.getenv(variable);
    checkArgument(
        key != null && !key.isEmpty(),
        "the environment variable %s (from --judge-key-env) is not set.\n"
            + "Maybe the key itself was given: name the variable that has it.",
        variable);
    return key;
  }
}
