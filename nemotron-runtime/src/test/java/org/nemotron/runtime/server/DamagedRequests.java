package org.nemotron.runtime.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.random.RandomGenerator;

/** Requests in which some characters were changed, added, left out or repeated. */
final class DamagedRequests {
  static final String COMPLETION =
      "{\"model\":\"nemotron\",\"prompt\":[\"Once \u00e9\",\"b\"],\"max_tokens\":3,\"n\":1,"
          + "\"temperature\":0.5,\"top_p\":0.9,\"seed\":7,\"stop\":[\"x\"],\"logprobs\":1}";
  static final String CHAT =
      "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"A\"}]}],"
          + "\"max_tokens\":3,\"logprobs\":true,\"top_logprobs\":2,\"stream\":false}";
  private static final String INSERTED = "{}[]\",:\\0-19.eEnult\u0000\u00ff\u00c0\ud83d ";

  private DamagedRequests() {}

  static byte[] of(String request, RandomGenerator random) {
    StringBuilder text = new StringBuilder(request);
    for (int i = random.nextInt(3); i >= 0; i--) {
      int at = random.nextInt(text.length());
      char other = INSERTED.charAt(random.nextInt(INSERTED.length()));
      switch (random.nextInt(4)) {
        case 0 -> text.setCharAt(at, other);
        case 1 -> text.insert(at, other);
        case 2 -> text.delete(at, Math.min(text.length() - 1, at + 1 + random.nextInt(9)));
        default -> text.insert(at, text.substring(at, Math.min(text.length(), at + 20)));
      }
    }
    return text.toString().getBytes(ISO_8859_1);
  }
}
