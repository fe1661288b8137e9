package org.nemotron.runtime.langchain4j;

import org.junit.jupiter.api.Tag;

/** The same tests, with that of cancellation, which waits for half a minute that nothing comes. */
@Tag("slow")
final class StreamingCancellationSlowTest extends StreamingChatModelConformanceTest {
  @Override
  protected boolean supportsStreamingCancellation() {
    return true;
  }
}
