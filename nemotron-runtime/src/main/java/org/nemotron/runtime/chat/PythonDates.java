package org.nemotron.runtime.chat;

import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Writes a date by the codes of C's strftime, of which templates use a few. */
final class PythonDates {
  private PythonDates() {}

  /**
   * Returns {@code date} in {@code format}, with English names.
   *
   * @throws ChatTemplateException if the format has a code that is not known here
   */
  static String format(LocalDateTime date, String format) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < format.length(); i++) {
      char letter = format.charAt(i);
      if (letter == '%' && i + 1 < format.length()) {
        out.append(part(date, format.charAt(++i)));
      } else {
        out.append(letter);
      }
    }
    return out.toString();
  }

  private static String part(LocalDateTime date, char code) {
    String pattern =
        switch (code) {
          case 'Y' -> "yyyy";
          case 'y' -> "yy";
          case 'm' -> "MM";
          case 'B' -> "MMMM";
          case 'b' -> "MMM";
          case 'd' -> "dd";
          case 'A' -> "EEEE";
          case 'a' -> "EEE";
          case 'j' -> "DDD";
          case 'H' -> "HH";
          case 'I' -> "hh";
          case 'M' -> "mm";
          case 'S' -> "ss";
          case 'p' -> "a";
          case '%' -> "%";
          default ->
              throw new ChatTemplateException(
                  "the chat template asks strftime_now for %" + code + ", which is not known here");
        };
    return DateTimeFormatter.ofPattern(pattern, Locale.ENGLISH).format(date);
  }
}
