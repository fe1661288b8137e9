package org.nemotron.runtime.langchain4j;

import dev.langchain4j.exception.InternalServerException;
import dev.langchain4j.exception.InvalidRequestException;
import java.util.function.Supplier;
import org.nemotron.runtime.engine.GenerationFailedException;
import org.nemotron.runtime.engine.RequestRefusedException;

/** Failures of the engine as those of LangChain4j. */
final class Failures {
  private Failures() {}

  /** Does {@code work}, and throws its failures as LangChain4j knows them. */
  static void translating(Runnable work) {
    boolean unused =
        translated(
            () -> {
              work.run();
              return true;
            });
  }

  /** Returns what {@code work} returns, and throws its failures as LangChain4j knows them. */
  static <T> T translated(Supplier<T> work) {
    try {
      return work.get();
    } catch (RequestRefusedException | IllegalArgumentException e) {
      throw new InvalidRequestException(e.getMessage(), e);
    } catch (GenerationFailedException e) {
      throw new InternalServerException(e.getMessage(), e);
    }
  }
}
