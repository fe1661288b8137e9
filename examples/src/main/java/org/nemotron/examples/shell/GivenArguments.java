package org.nemotron.examples.shell;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * The arguments as the shell gave them. Java decodes them by the locale: in one without letters
 * beyond ASCII, as in a container without LANG, "café" arrives as "caf??". On Linux the operating
 * system still has the bytes.
 */
final class GivenArguments {
  private static final Path BYTES = Path.of("/proc/self/cmdline");

  /** Encodings of one byte a letter, in which Java reads what was meant as UTF-8. */
  private static final ImmutableSet<String> ONE_BYTE =
      ImmutableSet.of("ANSI_X3.4-1968", "US-ASCII", "646", "ISO-8859-1", "ISO-8859-15");

  private GivenArguments() {}

  /**
   * Returns {@code decoded} as they were given.
   *
   * @throws IllegalArgumentException if one has letters that are in no known encoding
   */
  static ImmutableList<String> of(List<String> decoded) {
    boolean mayDiffer = ONE_BYTE.contains(LocaleEncoding.NAME.toUpperCase(Locale.ROOT));
    if (!mayDiffer || decoded.stream().allMatch(GivenArguments::isPlain)) {
      return ImmutableList.copyOf(decoded);
    }
    try {
      return Files.exists(BYTES)
          ? of(decoded, Files.readAllBytes(BYTES), LocaleEncoding.NAME)
          : ImmutableList.copyOf(decoded);
    } catch (IOException e) {
      throw new IllegalArgumentException(BYTES + " cannot be read." + LocaleEncoding.ADVICE, e);
    }
  }

  /** Returns whether nothing in it stands for a letter that was not understood. */
  private static boolean isPlain(String argument) {
    return argument.chars().allMatch(letter -> letter < 128 && letter != '?');
  }

  /**
   * Returns the last arguments of a command line, where they are what {@code decoded} is made from.
   *
   * @param commandLine the bytes of all words of it, each with a zero behind it
   */
  static ImmutableList<String> of(List<String> decoded, byte[] commandLine, String encoding) {
    List<byte[]> words = words(commandLine);
    if (words.size() < decoded.size()) {
      return ImmutableList.copyOf(decoded);
    }
    List<byte[]> last = words.subList(words.size() - decoded.size(), words.size());
    ImmutableList.Builder<String> given = ImmutableList.builder();
    for (int index = 0; index < decoded.size(); index++) {
      if (!isMadeFrom(last.get(index), decoded.get(index))) {
        return ImmutableList.copyOf(decoded);
      }
      given.add(utf8(last.get(index), decoded.get(index), encoding));
    }
    return given.build();
  }

  private static List<byte[]> words(byte[] commandLine) {
    List<byte[]> words = new ArrayList<>();
    int begin = 0;
    for (int at = 0; at < commandLine.length; at++) {
      if (commandLine[at] == 0) {
        words.add(Arrays.copyOfRange(commandLine, begin, at));
        begin = at + 1;
      }
    }
    return words;
  }

  /** Each byte has become one letter, ASCII the same. */
  private static boolean isMadeFrom(byte[] bytes, String decoded) {
    if (bytes.length != decoded.length()) {
      return false;
    }
    for (int index = 0; index < bytes.length; index++) {
      if (bytes[index] >= 0 && bytes[index] != decoded.charAt(index)) {
        return false;
      }
    }
    return true;
  }

  private static String utf8(byte[] bytes, String decoded, String encoding) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      if (encoding.startsWith("ISO")) {
        return decoded; // meant in that encoding
      }
      throw new IllegalArgumentException(
          "argument "
              + decoded
              + " has letters beyond ASCII that are not UTF-8, and the locale has none ("
              + encoding
              + ").\nMaybe set LC_ALL to a locale of the terminal's encoding.",
          e);
    }
  }
}
