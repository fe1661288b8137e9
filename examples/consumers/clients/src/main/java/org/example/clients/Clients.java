package org.example.clients;

import java.io.IOException;
import java.nio.file.Path;

/** Drives a served model (MODEL) with clients as they are published. */
public final class Clients {
  private Clients() {}

  public static void main(String[] arguments) throws IOException {
    int failed;
    try (Served served = new Served(Path.of(arguments[0]))) {
      failed = OpenAiCompletions.run(served) + OpenAiChat.run(served);
      failed += LangChainClient.run(served) + LangChainAdapter.run(served);
    }
    System.exit(failed == 0 ? 0 : 1);
  }
}
