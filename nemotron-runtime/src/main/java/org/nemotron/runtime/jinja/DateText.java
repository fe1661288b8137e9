package org.nemotron.runtime.jinja;

import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Writes a date by the codes of C's strftime, of which templates use a few. */
final class DateText {
  private DateText() {}

  /**
   * Returns {@code date} in {@code format}, with English names. A minus sign before a code drops
   * the zeros or blanks that fill its number up.
   *
   * @throws JinjaException if the format has a code that is not known here
   */
  static String format(LocalDateTime date, String format) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < format.length(); i++) {
      char letter = format.charAt(i);
      if (letter != '%' || i + 1 == format.length()) {
        out.append(letter);
      } else if (format.charAt(i + 1) == '-' && i + 2 < format.length()) {
        out.append(stripped(part(date, format.charAt(i + 2))));
        i += 2;
      } else {
        out.append(part(date, format.charAt(++i)));
      }
    }
    return out.toString();
  }

  private static String stripped(String number) {
    return number.replaceFirst("^[0 ]+(?=.)", "");
  }

  private static String part(LocalDateTime date, char code) {
    return switch (code) {
      case '%' -> "%";
      case 'n' -> "\n";
      case 't' -> "\t";
      case 'z', 'Z' -> ""; // the time has no zone
      case 'u' -> Integer.toString(date.getDayOfWeek().getValue());
      case 'w' -> Integer.toString(date.getDayOfWeek().getValue() % 7);
      case 'e' -> String.format("%2d", date.getDayOfMonth());
      case 'k' -> String.format("%2d", date.getHour());
      default -> DateTimeFormatter.ofPattern(pattern(code), Locale.ENGLISH).format(date);
    };
  }

  private static String pattern(char code) {
    return switch (code) {
      case 'Y' -> "yyyy";
      case 'y' -> "yy";
      case 'm' -> "MM";
      case 'B' -> "MMMM";
      case 'b', 'h' -> "MMM";
      case 'd' -> "dd";
      case 'A' -> "EEEE";
      case 'a' -> "EEE";
      case 'j' -> "DDD";
      case 'H' -> "HH";
      case 'I' -> "hh";
      case 'M' -> "mm";
      case 'S' -> "ss";
      case 'p' -> "a";
      case 'F' -> "yyyy-MM-dd";
      case 'T', 'X' -> "HH:mm:ss";
      case 'R' -> "HH:mm";
      case 'D', 'x' -> "MM/dd/yy";
      case 'r' -> "hh:mm:ss a";
      default -> throw JinjaException.unknown("the code %" + code + " of strftime_now");
    };
  }
}
