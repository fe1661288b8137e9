package org.nemotron.runtime.langchain4j;

/** A thread for each stream, so that a handler may take its time. */
final class StreamThreads {
  private StreamThreads() {}

  static void start(Runnable stream) {
    Thread thread = new Thread(stream, "nemotron-stream");
    thread.setDaemon(true);
    thread.start();
  }
}
