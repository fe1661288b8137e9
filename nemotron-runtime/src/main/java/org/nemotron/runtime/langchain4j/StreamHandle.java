package org.nemotron.runtime.langchain4j;

import dev.langchain4j.model.chat.response.StreamingHandle;
import org.nemotron.runtime.engine.Generation;

/** Cancels one answer. Safe for use by several threads. */
final class StreamHandle implements StreamingHandle {
  private final Generation generation;
  private volatile boolean cancelled;

  StreamHandle(Generation generation) {
    this.generation = generation;
  }

  @Override
  public void cancel() {
    cancelled = true;
    generation.cancel();
  }

  @Override
  public boolean isCancelled() {
    return cancelled;
  }
}
