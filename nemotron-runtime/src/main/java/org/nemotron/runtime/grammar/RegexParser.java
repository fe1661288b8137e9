package org.nemotron.runtime.grammar;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Regular expressions as forms: characters, escapes, classes, groups, alternatives, counts and
 * anchors at both ends. What depends on its surroundings (look-around, references, word borders)
 * and classes by Unicode property are refused by name.
 */
final class RegexParser {
  private static final int MOST_COUNT = 10_000;
  private static final int DEEPEST = 200;

  private final String pattern;
  private final Function<CodePoints, Form> characters;
  private int at = 0;
  private int depth = 0;

  private RegexParser(String pattern, Function<CodePoints, Form> characters) {
    this.pattern = pattern;
    this.characters = characters;
  }

  /**
   * Returns the texts that {@code pattern} matches as a whole.
   *
   * @param characters the form of one of some characters
   */
  static Form whole(String pattern, Function<CodePoints, Form> characters) {
    return new RegexParser(pattern, characters).parsed(false);
  }

  /** Returns the texts in which {@code pattern} matches somewhere. */
  static Form within(String pattern, Function<CodePoints, Form> characters) {
    return new RegexParser(pattern, characters).parsed(true);
  }

  private Form parsed(boolean anywhere) {
    List<Form> alternatives = new ArrayList<>();
    do {
      alternatives.add(outermost(anywhere));
    } while (skip('|'));
    if (at < pattern.length()) {
      throw malformed("')' without '('");
    }
    return Form.anyOf(alternatives);
  }

  /** An alternative of the outermost level, which may have anchors. */
  private Form outermost(boolean anywhere) {
    Form others = anywhere ? characters.apply(CodePoints.ALL).atLeast(0) : Form.EMPTY;
    Form before = skip('^') ? Form.EMPTY : others;
    Form middle = sequence();
    Form behind = skip('$') ? Form.EMPTY : others;
    if (at < pattern.length() && peek() != '|' && peek() != ')') {
      throw refused("'$' elsewhere than at the end");
    }
    return Form.sequence(before, middle, behind);
  }

  private Form alternatives() {
    if (++depth > DEEPEST) {
      throw refused("groups deeper than " + DEEPEST);
    }
    List<Form> forms = new ArrayList<>();
    do {
      forms.add(sequence());
    } while (skip('|'));
    depth--;
    return Form.anyOf(forms);
  }

  private Form sequence() {
    ImmutableList.Builder<Form> forms = ImmutableList.builder();
    while (at < pattern.length() && "|)$".indexOf(peek()) < 0) {
      forms.add(counted(atom()));
    }
    return Form.sequence(forms.build());
  }

  private Form counted(Form form) {
    if (at == pattern.length()) {
      return form;
    }
    Form counted =
        switch (peek()) {
          case '*' -> next(form.atLeast(0));
          case '+' -> next(form.atLeast(1));
          case '?' -> next(form.optional());
          case '{' -> isCount() ? count(form) : form;
          default -> form;
        };
    if (counted != form) {
      boolean unused = skip('?'); // how much is tried first does not change what matches
      if (at < pattern.length() && "*+?".indexOf(peek()) >= 0) {
        throw refused("a second quantifier");
      }
    }
    return counted;
  }

  private Form next(Form form) {
    at++;
    return form;
  }

  private boolean isCount() {
    return pattern.substring(at).matches("(?s)\\{\\d+(,\\d*)?\\}.*");
  }

  private Form count(Form form) {
    int end = pattern.indexOf('}', at);
    String[] bounds = pattern.substring(at + 1, end).split(",", -1);
    int least = number(bounds[0]);
    int most = bounds.length == 1 ? least : bounds[1].isEmpty() ? -1 : number(bounds[1]);
    if (most >= 0 && most < least) {
      throw malformed("a count whose end is before its beginning");
    }
    at = end + 1;
    return most < 0 ? form.atLeast(least) : form.between(least, most);
  }

  private int number(String digits) {
    if (digits.length() > 5 || Integer.parseInt(digits) > MOST_COUNT) {
      throw refused("a count beyond " + MOST_COUNT);
    }
    return Integer.parseInt(digits);
  }

  private Form atom() {
    char first = pattern.charAt(at);
    return switch (first) {
      case '(' -> group();
      case '[' -> {
        at++;
        yield set(new RegexClass(this).parse());
      }
      case '.' -> {
        at++;
        yield set(CodePoints.NO_LINE_END);
      }
      case '\\' -> set(escape());
      case '^' -> throw refused("'^' elsewhere than at the beginning");
      case '*', '+', '?' -> throw malformed("a quantifier behind nothing");
      default -> {
        if (first == '{' && isCount()) {
          throw malformed("a quantifier behind nothing");
        }
        yield set(CodePoints.of(codePoint()));
      }
    };
  }

  private Form set(CodePoints set) {
    if (set.isEmpty()) {
      throw malformed("a class without any character");
    }
    return characters.apply(set);
  }

  private Form group() {
    int open = at;
    at++;
    if (pattern.startsWith("?:", at)) {
      at += 2;
    } else if (pattern.substring(at).matches("(?s)\\?P?<\\w+>.*")) {
      at = pattern.indexOf('>', at) + 1;
    } else if (skip('?')) {
      throw refused("look-around, flags and conditions '(?'");
    }
    Form inner = alternatives();
    if (at < pattern.length() && peek() == '$') {
      throw refused("'$' elsewhere than at the end");
    }
    if (!skip(')')) {
      throw malformed(open, "'(' without ')'");
    }
    return inner;
  }

  /** Returns the characters of an escape, which begins here. */
  CodePoints escape() {
    at++;
    if (at == pattern.length()) {
      throw malformed("a '\\' at the end");
    }
    char kind = pattern.charAt(at++);
    return switch (kind) {
      case 'd' -> CodePoints.DIGITS;
      case 'D' -> CodePoints.DIGITS.complement();
      case 'w' -> CodePoints.WORD;
      case 'W' -> CodePoints.WORD.complement();
      case 's' -> CodePoints.SPACE;
      case 'S' -> CodePoints.SPACE.complement();
      case 'n' -> CodePoints.of('\n');
      case 'r' -> CodePoints.of('\r');
      case 't' -> CodePoints.of('\t');
      case 'f' -> CodePoints.of('\f');
      case 'v' -> CodePoints.of(0x0B);
      case '0' -> CodePoints.of(0);
      case 'x' -> hex(2);
      case 'u' -> hex(4);
      default -> {
        if (kind < 128 && Character.isLetterOrDigit(kind)) {
          at -= 2;
          throw refused("'\\" + kind + "'");
        }
        yield CodePoints.of(kind);
      }
    };
  }

  private CodePoints hex(int digits) {
    int end = Math.min(at + digits, pattern.length());
    String text = pattern.substring(at, end);
    if (!text.matches("[0-9A-Fa-f]{" + digits + "}")) {
      throw malformed("an escape without its " + digits + " hexadecimal digits");
    }
    at = end;
    int value = Integer.parseInt(text, 16);
    if (value >= Character.MIN_SURROGATE && value <= Character.MAX_SURROGATE) {
      throw refused("half of a character");
    }
    return CodePoints.of(value);
  }

  int codePoint() {
    int point = pattern.codePointAt(at);
    if (point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE) {
      throw refused("half of a character");
    }
    at += Character.charCount(point);
    return point;
  }

  boolean isAtEnd() {
    return at == pattern.length();
  }

  char peek() {
    return pattern.charAt(at);
  }

  boolean startsWith(String text) {
    return pattern.startsWith(text, at);
  }

  boolean skip(char wanted) {
    if (at < pattern.length() && pattern.charAt(at) == wanted) {
      at++;
      return true;
    }
    return false;
  }

  FormatException refused(String what) {
    return new FormatException(sentence(at, what) + ", which is not supported");
  }

  /** Returns the fault of what is no regular expression. */
  FormatException malformed(String what) {
    return malformed(at, what);
  }

  FormatException malformed(int place, String what) {
    return new FormatException(sentence(place, what));
  }

  private String sentence(int place, String what) {
    return "the regular expression " + pattern + " has at character " + (place + 1) + " " + what;
  }
}
