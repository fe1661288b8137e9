package org.nemotron.core.io;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.hash.Hashing;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * JSON objects on disk with a digest, by which a change of a single byte is detected.
 *
 * <p>The object's last entry, {@code digest}, is the SHA-256 of the file's bytes with zeros in its
 * own place.
 */
public final class SealedJson {
  /** The key of the digest. */
  public static final String KEY = "digest";

  private static final String BLANK = "0".repeat(64);

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private SealedJson() {}

  /**
   * Writes {@code json}, which has no entry called {@code digest}, to {@code file}.
   *
   * @throws IOException if it cannot be written; {@code file} is then as it was
   */
  public static void write(Path file, ObjectNode json) throws IOException {
    String open = json.deepCopy().put(KEY, BLANK).toPrettyString();
    AtomicFiles.write(file, sealed(open, digest(open.getBytes(StandardCharsets.UTF_8))));
  }

  /**
   * Returns the object in {@code file}, or nothing if the file has changed since {@link #write}.
   *
   * @throws IOException if it cannot be read at all
   */
  public static Optional<ObjectNode> read(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    try {
      return JSON.readTree(bytes) instanceof ObjectNode json && isWhole(json, bytes)
          ? Optional.of(json)
          : Optional.empty();
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }

  private static boolean isWhole(ObjectNode json, byte[] bytes) {
    String digest = json.path(KEY).asText();
    // A character of ISO-8859-1 is a byte, whatever it is.
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    int at = text.lastIndexOf(digest);
    return digest.length() == BLANK.length()
        && at >= 0
        && digest(open(text, at).getBytes(StandardCharsets.ISO_8859_1)).equals(digest);
  }

  private static String digest(byte[] bytes) {
    return Hashing.sha256().hashBytes(bytes).toString();
  }

  private static String sealed(String open, String digest) {
    int at = open.lastIndexOf(BLANK);
    return open.substring(0, at) + digest + open.substring(at + BLANK.length());
  }

  private static String open(String sealed, int at) {
    return sealed.substring(0, at) + BLANK + sealed.substring(at + BLANK.length());
  }
}
