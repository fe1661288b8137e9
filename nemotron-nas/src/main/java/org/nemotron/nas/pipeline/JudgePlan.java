package org.nemotron.nas.pipeline;

import static com.google.common.base.Preconditions.checkArgument;

import org.nemotron.core.eval.mtbench.ChatEndpoint;

/**
 * The model that grades answers to MT-Bench, where {@code evaluation.tasks} names it.
 *
 * @param url an endpoint with OpenAI's chat completions, up to its version; empty for none, so that
 *     nothing is graded
 * @param model the name by which the endpoint knows the model
 * @param keyVariable the environment variable with the endpoint's key; empty where none is sent
 */
public record JudgePlan(String url, String model, String keyVariable) {
  /** Nothing is graded. */
  public static final JudgePlan NONE = new JudgePlan("", "", "");

  /** Checks that an endpoint has a model. */
  public JudgePlan {
    checkArgument(
        url.isEmpty() == model.isEmpty(),
        "evaluation.judge.url (%s) and evaluation.judge.model (%s) go together.\n"
            + "Maybe leave both out: then nothing is graded.",
        url,
        model);
    checkArgument(
        keyVariable.isEmpty() || !url.isEmpty(),
        "evaluation.judge.keyVariable (%s) needs evaluation.judge.url",
        keyVariable);
  }

  /** Returns whether there is a judge. */
  public boolean namesEndpoint() {
    return !url.isEmpty();
  }

  /**
   * Returns the endpoint; nothing is sent yet.
   *
   * @throws IllegalArgumentException if the address is none, or the variable of the key is not set
   */
  ChatEndpoint endpoint() {
    return new ChatEndpoint(url, model, keyVariable.isEmpty() ? "" : key());
  }

  private String key() {
    String key = System.getenv(keyVariable);
    checkArgument(
        key != null && !key.isEmpty(),
        "the environment variable %s (from evaluation.judge.keyVariable) is not set.\n"
            + "Maybe the key itself was given: name the variable that has it.",
        keyVariable);
    return key;
  }
}
