package org.nemotron.runtime.jinja;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.nemotron.runtime.jinja.Filters.Registry;
import org.nemotron.runtime.jinja.Signature.Bound;

/** The filters that make a text. */
final class TextFilters {
  private static final Pattern WORD = Pattern.compile("\\w+", Pattern.UNICODE_CHARACTER_CLASS);

  /** What {@code title} takes for the space between words, besides white space. */
  private static final String BETWEEN_WORDS = "-({[<";

  private TextFilters() {}

  static void addTo(Registry registry) {
    change(registry, "upper", text -> text.toUpperCase(Locale.ROOT));
    change(registry, "lower", text -> text.toLowerCase(Locale.ROOT));
    change(registry, "capitalize", TextCases::capitalize);
    change(registry, "title", TextFilters::title);
    registry.add("string", Signature.of(), (value, bound) -> soft(value));
    registry.add("safe", Signature.of(), (value, bound) -> Text.safe(value.str()));
    registry.add("escape", Signature.of(), (value, bound) -> Html.escape(soft(value)));
    registry.add("e", Signature.of(), (value, bound) -> Html.escape(soft(value)));
    registry.add(
        "forceescape", Signature.of(), (value, bound) -> Text.safe(Html.escape(value.str())));
    registry.add(
        "striptags", Signature.of(), (value, bound) -> new Text(Html.stripTags(value.str())));
    registry.add("trim", Signature.of("chars?"), TextFilters::trim);
    registry.add("replace", Signature.of("old", "new", "count?"), TextFilters::replace);
    registry.add("center", Signature.of("width?"), TextFilters::center);
    registry.add("indent", Signature.of("width?", "first?", "blank?"), TextFilters::indent);
    registry.add("join", Signature.of("d?", "attribute?"), TextFilters::join);
    registry.add(
        "truncate",
        Signature.of("length?", "killwords?", "end?", "leeway?"),
        TextFilters::truncate);
    registry.add("wordcount", Signature.of(), (value, bound) -> wordCount(value.str()));
    registry.add("urlencode", Signature.of(), (value, bound) -> urlEncode(value));
    registry.add("xmlattr", Signature.of("autospace?"), TextFilters::xmlAttributes);
    registry.add("format", (value, arguments, rendering) -> format(value, arguments));
  }

  private static void change(Registry registry, String name, UnaryOperator<String> change) {
    registry.add(
        name,
        Signature.of(),
        (value, bound) -> soft(value).like(change.apply(soft(value).value())));
  }

  /** Returns the value as a text, which stays safe if it is. */
  private static Text soft(Value value) {
    return value instanceof Text text ? text : new Text(value.str());
  }

  private static String title(String text) {
    StringBuilder out = new StringBuilder(text.length());
    int begin = 0;
    while (begin < text.length()) {
      boolean separates = isBetweenWords(text.charAt(begin));
      int end = begin;
      while (end < text.length() && isBetweenWords(text.charAt(end)) == separates) {
        end++;
      }
      int second = text.offsetByCodePoints(begin, 1);
      out.append(text.substring(begin, second).toUpperCase(Locale.ROOT))
          .append(text.substring(second, end).toLowerCase(Locale.ROOT));
      begin = end;
    }
    return out.toString();
  }

  private static boolean isBetweenWords(char c) {
    return Characters.isSpace(c) || BETWEEN_WORDS.indexOf(c) >= 0;
  }

  private static Value trim(Value value, Bound bound) {
    Text text = soft(value);
    return text.like(TextMethods.strip(text.value(), bound.maybeText(0), true, true));
  }

  private static Value replace(Value value, Bound bound) {
    return new Text(
        TextMethods.replace(
            value.str(), bound.get(0).str(), bound.get(1).str(), bound.integerOrNone(2, -1)));
  }

  private static Value center(Value value, Bound bound) {
    return soft(value).like(TextFields.center(soft(value).value(), bound.integer(0, 80), " "));
  }

  private static Value indent(Value value, Bound bound) {
    if (!(value instanceof Text text)) {
      Arithmetic.checkDefined(value);
      throw new JinjaException(
          "unsupported operand type(s) for +=: '" + value.typeName() + "' and 'str'");
    }
    String indentation =
        bound.maybe(0).orElse(None.NONE) instanceof Text width
            ? width.value()
            : TextFields.repeat(" ", Math.max(0, bound.integer(0, 4)));
    boolean first = bound.flag(1, false);
    boolean blank = bound.flag(2, false);
    List<String> lines = TextSplits.lines(text.value() + "\n", false);
    StringBuilder out = new StringBuilder(first ? indentation : "").append(lines.get(0));
    for (String line : lines.subList(1, lines.size())) {
      out.append('\n').append(blank || !line.isEmpty() ? indentation : "").append(line);
    }
    return text.like(out.toString());
  }

  private static Value join(Value value, Bound bound) {
    String separator = bound.maybe(0).map(Value::str).orElse("");
    Optional<Value> attribute = bound.maybe(1).filter(name -> name != None.NONE);
    Output out = new Output();
    boolean isFirst = true;
    for (Iterator<Value> elements = value.iterate(); elements.hasNext(); isFirst = false) {
      Value element = elements.next();
      Value part = attribute.isEmpty() ? element : AttributePath.of(attribute.get()).get(element);
      out.append(isFirst ? "" : separator);
      out.append(part.str());
    }
    return new Text(out.toString());
  }

  private static Value truncate(Value value, Bound bound) {
    long length = bound.integer(0, 255);
    String end = bound.maybeText(2).orElse("...");
    long leeway = bound.integerOrNone(3, 5);
    int endLength = end.codePointCount(0, end.length());
    if (length < endLength || leeway < 0) {
      throw new JinjaException("expected length >= " + endLength + ", got " + length);
    }
    if (value.length() <= length + leeway) {
      return value;
    }
    if (!(value instanceof Text text)) {
      throw new JinjaException("truncate needs a text, not " + value.typeName());
    }
    String whole = text.value();
    String cut = whole.substring(0, whole.offsetByCodePoints(0, (int) length - endLength));
    int space = cut.lastIndexOf(' ');
    return text.like((bound.flag(1, false) || space < 0 ? cut : cut.substring(0, space)) + end);
  }

  private static Value wordCount(String text) {
    return new Numeric.Int(WORD.matcher(text).results().count());
  }

  private static Value format(Value value, Arguments arguments) {
    if (!arguments.positional().isEmpty() && !arguments.named().isEmpty()) {
      throw new JinjaException("can't handle positional and keyword arguments at the same time");
    }
    Value values =
        arguments.named().isEmpty()
            ? new SequenceValue.TupleValue(arguments.positional())
            : Values.dict(arguments.named());
    return soft(value).like(PercentFormat.format(soft(value).value(), values));
  }

  private static Value urlEncode(Value value) {
    if (value instanceof Text || !value.isIterable()) {
      return new Text(quoted(value.str(), "/"));
    }
    Iterator<Value> pairs =
        value instanceof DictValue dict
            ? new DictView(dict, DictView.Kind.ITEMS).iterate()
            : value.iterate();
    List<String> parts = new ArrayList<>();
    while (pairs.hasNext()) {
      SequenceValue.ListValue pair = SequenceValue.ListValue.of(pairs.next());
      if (pair.length() != 2) {
        throw new JinjaException("urlencode needs pairs");
      }
      parts.add(
          quoted(pair.elements().get(0).str(), "").replace("%20", "+")
              + "="
              + quoted(pair.elements().get(1).str(), "").replace("%20", "+"));
    }
    return new Text(String.join("&", parts));
  }

  private static String quoted(String text, String kept) {
    StringBuilder out = new StringBuilder();
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (b & 0xff);
      boolean plain =
          (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9')
              || "_.-~".indexOf(c) >= 0
              || kept.indexOf(c) >= 0;
      out.append(plain ? Character.toString(c) : String.format("%%%02X", (int) c));
    }
    return out.toString();
  }

  private static final Pattern NOT_IN_A_KEY = Pattern.compile("[\\s/>=]");

  private static Value xmlAttributes(Value value, Bound bound) {
    if (!(value instanceof DictValue dict)) {
      throw new JinjaException("xmlattr needs a dict, not " + value.typeName());
    }
    List<String> parts = new ArrayList<>();
    dict.forEach(
        (key, attribute) -> {
          if (attribute != None.NONE && !(attribute instanceof Undefined)) {
            Matcher matcher = NOT_IN_A_KEY.matcher(key.str());
            if (matcher.find()) {
              throw new JinjaException("Invalid character in attribute name: " + key.repr());
            }
            parts.add(
                Html.escape(soft(key)).value()
                    + "=\""
                    + Html.escape(soft(attribute)).value()
                    + "\"");
          }
        });
    String text = String.join(" ", parts);
    return new Text(text.isEmpty() || !bound.flag(0, true) ? text : " " + text);
  }
}
