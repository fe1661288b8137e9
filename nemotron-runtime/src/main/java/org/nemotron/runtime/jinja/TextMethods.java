package org.nemotron.runtime.jinja;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import org.nemotron.runtime.jinja.Signature.Bound;

/** The methods of Python's str. */
final class TextMethods {
  /** One method: its parameters, and what it does with a text. */
  private record TextMethod(Signature signature, Body body) {
    private interface Body {
      Value apply(Text self, Bound bound);
    }
  }

  /** What Python's str has besides. */
  private static final ImmutableSet<String> UNKNOWN =
      ImmutableSet.of("encode", "maketrans", "translate");

  private static final ImmutableMap<String, TextMethod> METHODS = methods();

  private TextMethods() {}

  /** Returns the method {@code name} of a text, if texts have it. */
  static Optional<Value> find(Text self, String name) {
    if (UNKNOWN.contains(name)) {
      throw JinjaException.unknown("the method " + name + " of a str");
    }
    if (name.equals("format")) {
      return Optional.of(
          Method.of(
              self,
              (arguments, rendering) ->
                  self.like(BraceFormat.format(self.value(), escaped(self, arguments)))));
    }
    return Optional.ofNullable(METHODS.get(name))
        .map(
            method ->
                Method.of(
                    self,
                    (arguments, rendering) ->
                        method
                            .body()
                            .apply(
                                self,
                                method.signature().bind("str." + name, escaped(self, arguments)))));
  }

  /** Returns the arguments of a method of a safe text: what is not safe among them is escaped. */
  private static Arguments escaped(Text self, Arguments arguments) {
    if (!self.isSafe()) {
      return arguments;
    }
    return new Arguments(
        arguments.positional().stream()
            .map(value -> value instanceof Text text ? Html.escape(text) : value)
            .collect(ImmutableList.toImmutableList()),
        arguments.named());
  }

  private static ImmutableMap<String, TextMethod> methods() {
    Methods all = new Methods();
    all.addCuts();
    all.addSearches();
    all.addCases();
    all.addFields();
    all.addClasses();
    return all.methods.buildOrThrow();
  }

  /** Collects the methods by theme. */
  private static final class Methods {
    private final ImmutableMap.Builder<String, TextMethod> methods = ImmutableMap.builder();

    private void add(String name, Signature signature, TextMethod.Body body) {
      methods.put(name, new TextMethod(signature, body));
    }

    private void change(String name, Function<String, String> change) {
      add(name, Signature.of(), (self, bound) -> self.like(change.apply(self.value())));
    }

    private void addCuts() {
      Signature set = Signature.of("chars?").positionalOnly();
      add("strip", set, (self, bound) -> strip(self, bound, true, true));
      add("lstrip", set, (self, bound) -> strip(self, bound, true, false));
      add("rstrip", set, (self, bound) -> strip(self, bound, false, true));
      Signature split = Signature.of("sep?", "maxsplit?");
      add("split", split, (self, bound) -> list(self, TextSplits.split(self.value(), bound)));
      add("rsplit", split, (self, bound) -> list(self, TextSplits.rsplit(self.value(), bound)));
      add(
          "splitlines",
          Signature.of("keepends?"),
          (self, bound) -> list(self, TextSplits.lines(self.value(), bound.flag(0, false))));
      Signature part = Signature.of("sep").positionalOnly();
      add("partition", part, (self, bound) -> partition(self, bound.text(0), false));
      add("rpartition", part, (self, bound) -> partition(self, bound.text(0), true));
      Signature affix = Signature.of("affix").positionalOnly();
      add("removeprefix", affix, (self, bound) -> removePrefix(self, bound.text(0)));
      add("removesuffix", affix, (self, bound) -> removeSuffix(self, bound.text(0)));
    }

    private void addSearches() {
      Signature sought = Signature.of("sub", "start?", "end?").positionalOnly();
      add("find", sought, (self, bound) -> TextSearch.of(self, bound).find());
      add("rfind", sought, (self, bound) -> TextSearch.of(self, bound).findLast());
      add("index", sought, (self, bound) -> found(TextSearch.of(self, bound).find()));
      add("rindex", sought, (self, bound) -> found(TextSearch.of(self, bound).findLast()));
      add("count", sought, (self, bound) -> TextSearch.of(self, bound).count());
      Signature affix = Signature.of("affix", "start?", "end?").positionalOnly();
      add("startswith", affix, (self, bound) -> TextSearch.startsWith(self, bound));
      add("endswith", affix, (self, bound) -> TextSearch.endsWith(self, bound));
      add(
          "replace",
          Signature.of("old", "new", "count?").positionalOnly(),
          (self, bound) ->
              self.like(replace(self.value(), bound.text(0), bound.text(1), bound.integer(2, -1))));
    }

    private void addCases() {
      change("upper", text -> text.toUpperCase(Locale.ROOT));
      change("lower", text -> text.toLowerCase(Locale.ROOT));
      change("capitalize", TextCases::capitalize);
      change("title", TextCases::title);
      change("swapcase", TextCases::swap);
      change("casefold", TextCases::fold);
    }

    private void addFields() {
      Signature field = Signature.of("width", "fillchar?").positionalOnly();
      add("center", field, (self, bound) -> TextFields.center(self, bound));
      add("ljust", field, (self, bound) -> TextFields.left(self, bound));
      add("rjust", field, (self, bound) -> TextFields.right(self, bound));
      add("zfill", Signature.of("width").positionalOnly(), TextFields::zeros);
      add(
          "expandtabs",
          Signature.of("tabsize?"),
          (self, bound) -> self.like(TextFields.expandTabs(self.value(), bound.integer(0, 8))));
      add(
          "format_map",
          Signature.of("mapping").positionalOnly(),
          (self, bound) -> self.like(BraceFormat.formatMap(self.value(), bound.get(0))));
      add(
          "join",
          Signature.of("iterable").positionalOnly(),
          (self, bound) -> self.like(join(self, bound.get(0))));
    }

    private void test(String name, Function<String, Boolean> test) {
      add(name, Signature.of(), (self, bound) -> Numeric.Bool.of(test.apply(self.value())));
    }

    private void addClasses() {
      test("isdigit", text -> Characters.all(text, Characters::isDigit));
      test("isdecimal", text -> Characters.all(text, Character::isDigit));
      test("isnumeric", text -> Characters.all(text, Characters::isNumeric));
      test("isalpha", text -> Characters.all(text, Character::isLetter));
      test(
          "isalnum",
          text -> Characters.all(text, c -> Character.isLetter(c) || Characters.isNumeric(c)));
      test("isspace", text -> Characters.all(text, Characters::isSpace));
      test("isascii", text -> text.chars().allMatch(c -> c < 128));
      test("isprintable", text -> text.codePoints().allMatch(Characters::isPrintable));
      test("isidentifier", Characters::isIdentifier);
      test("isupper", TextCases::isUpper);
      test("islower", TextCases::isLower);
      test("istitle", TextCases::isTitle);
    }
  }

  private static Value list(Text self, List<String> parts) {
    return new SequenceValue.ListValue(
        parts.stream().map(self::like).collect(ImmutableList.toImmutableList()));
  }

  private static Value strip(Text self, Bound bound, boolean left, boolean right) {
    return self.like(strip(self.value(), bound.maybeText(0), left, right));
  }

  /** Returns {@code text} without the characters of {@code set}, or white space, at its ends. */
  static String strip(String text, Optional<String> set, boolean left, boolean right) {
    int begin = 0;
    int end = text.length();
    while (left && begin < end && isStripped(text.codePointAt(begin), set)) {
      begin += Character.charCount(text.codePointAt(begin));
    }
    while (right && end > begin && isStripped(text.codePointBefore(end), set)) {
      end -= Character.charCount(text.codePointBefore(end));
    }
    return text.substring(begin, end);
  }

  private static boolean isStripped(int c, Optional<String> set) {
    return set.isEmpty() ? Characters.isSpace(c) : set.orElseThrow().indexOf(c) >= 0;
  }

  private static Value partition(Text self, String separator, boolean last) {
    TextSplits.checkSeparator(separator);
    String text = self.value();
    int at = last ? text.lastIndexOf(separator) : text.indexOf(separator);
    ImmutableList<String> parts =
        at >= 0
            ? ImmutableList.of(
                text.substring(0, at), separator, text.substring(at + separator.length()))
            : last ? ImmutableList.of("", "", text) : ImmutableList.of(text, "", "");
    return new SequenceValue.TupleValue(
        parts.stream().map(self::like).collect(ImmutableList.toImmutableList()));
  }

  private static Value removePrefix(Text self, String prefix) {
    return self.value().startsWith(prefix)
        ? self.like(self.value().substring(prefix.length()))
        : self;
  }

  private static Value removeSuffix(Text self, String suffix) {
    return self.value().endsWith(suffix)
        ? self.like(self.value().substring(0, self.value().length() - suffix.length()))
        : self;
  }

  private static Value found(Value place) {
    if (place.equals(new Numeric.Int(-1))) {
      throw new JinjaException("substring not found");
    }
    return place;
  }

  /** Returns {@code text} with the first {@code count} places of {@code old} replaced. */
  static String replace(String text, String old, String by, long count) {
    long left = count < 0 ? Long.MAX_VALUE : count;
    if (old.isEmpty()) {
      return insert(text, by, left);
    }
    Output out = new Output();
    int from = 0;
    for (int at = text.indexOf(old); at >= 0 && left > 0; at = text.indexOf(old, from)) {
      out.append(text.substring(from, at));
      out.append(by);
      from = at + old.length();
      left--;
    }
    out.append(text.substring(from));
    return out.toString();
  }

  /** An empty text stands before each character and at the end. */
  private static String insert(String text, String by, long count) {
    Output out = new Output();
    long left = count;
    for (int character : text.codePoints().toArray()) {
      out.append(left-- > 0 ? by : "");
      out.append(Character.toString(character));
    }
    out.append(left > 0 ? by : "");
    return out.toString();
  }

  private static String join(Text separator, Value parts) {
    Output out = new Output();
    int number = 0;
    for (var elements = parts.iterate(); elements.hasNext(); number++) {
      Value element = elements.next();
      if (!(element instanceof Text) && !separator.isSafe()) {
        throw new JinjaException(
            "sequence item "
                + number
                + ": expected str instance, "
                + element.typeName()
                + " found");
      }
      out.append(number == 0 ? "" : separator.value());
      Text text = element instanceof Text given ? given : new Text(element.str());
      out.append(separator.isSafe() ? Html.escape(text).value() : text.value());
    }
    return out.toString();
  }
}
