package org.nemotron.runtime.server;

import com.google.common.io.Resources;
import java.io.IOException;
import java.io.UncheckedIOException;

/** The page on which a model is tried: one file that loads nothing else. */
final class TryPage {
  private static final String RULES =
      "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src"
          + " 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  private final byte[] html;

  TryPage() {
    try {
      this.html = Resources.toByteArray(Resources.getResource(TryPage.class, "index.html"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void answer(Exchange exchange) {
    exchange.request().response().putHeader("content-security-policy", RULES);
    exchange.send(200, "text/html; charset=utf-8", html);
  }
}
