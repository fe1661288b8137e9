package org.nemotron.core.eval;

/**
 * What a model wrote after a prompt.
 *
 * @param text without the text that stopped it
 * @param tokens how many tokens were decoded; 0 where that is not known
 * @param ending why it ended
 */
public record GeneratedText(String text, int tokens, Ending ending) {
  /** Why a continuation ended. */
  public enum Ending {
    /** The model wrote a token that ends texts. */
    END_TOKEN,
    /** A text of {@link GenerationRequest#stops} appeared. */
    STOP,
    /** The most tokens were written. */
    LENGTH
  }
}
