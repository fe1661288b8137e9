package org.nemotron.runtime.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.common.collect.ImmutableSet;
import com.google.common.hash.Hashing;
import java.security.MessageDigest;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.nemotron.runtime.server.wire.ApiException;

/**
 * Compares keys in a time that tells nothing about them: each is hashed, and its hash compared with
 * every known one.
 */
final class ApiKeys {
  private static final String BEARER = "bearer ";

  private final ImmutableSet<String> hashes;

  ApiKeys(ImmutableSet<String> hashes) {
    this.hashes = hashes;
  }

  static String hash(String key) {
    return Hashing.sha256().hashString(key, UTF_8).toString();
  }

  /**
   * Checks the header of a request.
   *
   * @throws ApiException if there are keys and it has none of them
   */
  void check(@Nullable String authorization) {
    if (hashes.isEmpty()) {
      return;
    }
    String header = authorization == null ? "" : authorization;
    boolean bearer = header.toLowerCase(Locale.ROOT).startsWith(BEARER);
    byte[] given = hash(bearer ? header.substring(BEARER.length()).trim() : "").getBytes(UTF_8);
    boolean known = false;
    for (String hash : hashes) {
      known |= MessageDigest.isEqual(hash.getBytes(UTF_8), given);
    }
    if (!known || !bearer) {
      throw ApiException.unauthorized();
    }
  }
}
