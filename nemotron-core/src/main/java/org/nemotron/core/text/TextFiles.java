package org.nemotron.core.text;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.base.CharMatcher;
import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * Documents in text files: UTF-8, plain or compressed by gzip or zstd. Documents are separated by a
 * line {@code <|endoftext|>}; a file without such a line is one document. White space around a
 * document is dropped, and so is a document of nothing else.
 *
 * <p>As Python reads a text: a byte order mark at the beginning is no part of it, and lines that
 * end with a carriage return, with or without a line feed behind it, end with a line feed.
 *
 * <p>What is no text is refused by name, also where it is valid UTF-8: JSON lines and other tables,
 * archives, weights, other encodings. JSON behind a separator line is taken as it stands.
 */
public final class TextFiles {
  private static final Pattern SEPARATOR =
      Pattern.compile("(?m)^\uFEFF?[ \t]*<\\|endoftext\\|>[ \t]*$");

  /** White space, and byte order marks: of several files put together, each may have one. */
  private static final CharMatcher AROUND =
      CharMatcher.whitespace().or(CharMatcher.is(EncodedText.BYTE_ORDER_MARK));

  private static final int FIRST_BYTES = 1 << 16;
  private static final int MOST_BYTES = Integer.MAX_VALUE - 16;

  private TextFiles() {}

  /**
   * Returns the documents of all of {@code file}.
   *
   * @throws IOException if it cannot be read, is no UTF-8 text, holds no text, or has more than 2
   *     GiB
   */
  public static ImmutableList<String> documents(Path file) throws IOException {
    TextBytes bytes = TextBytes.read(file, MOST_BYTES);
    if (!bytes.isWhole()) {
      throw new IOException(
          file
              + " has more than 2 GiB of text, too much to be read whole.\n"
              + "Maybe divide it among several files, or read its beginning: give maxBytes.");
    }
    return documents(file, bytes);
  }

  /**
   * Returns the documents in the first {@code maxBytes} bytes of {@code file}, after decompression.
   * Where the limit falls into a document, its whole lines before the limit are kept.
   *
   * @throws IOException if it cannot be read, is no UTF-8 text, or holds no text there
   */
  public static ImmutableList<String> documents(Path file, long maxBytes) throws IOException {
    checkArgument(maxBytes > 0, "maxBytes (%s) must be positive", maxBytes);
    return documents(file, TextBytes.read(file, (int) Math.min(maxBytes, MOST_BYTES)));
  }

  /**
   * Checks that the first 64 KiB of {@code file} are text, as {@link #documents} does.
   *
   * @throws IOException if it cannot be read, is no UTF-8 text, or holds none there
   */
  public static void check(Path file) throws IOException {
    ImmutableList<String> unused = documents(file, FIRST_BYTES);
  }

  private static ImmutableList<String> documents(Path file, TextBytes bytes) throws IOException {
    FileKinds.checkIsText(file, bytes);
    String text = EncodedText.decode(file, bytes);
    if (!SEPARATOR.matcher(text).find()) {
      JsonTexts.checkIsNone(file, text);
    }
    ImmutableList<String> documents =
        SEPARATOR
            .splitAsStream(text)
            .map(AROUND::trimFrom)
            .filter(document -> !document.isEmpty())
            .collect(ImmutableList.toImmutableList());
    if (documents.isEmpty()) {
      throw new IOException(
          bytes.length() == 0
              ? file + " is empty.\nMaybe it was not copied or downloaded whole."
              : file
                  + " holds no text in its first "
                  + bytes.length()
                  + " bytes.\nMaybe it is another file.");
    }
    return documents;
  }
}
