package org.nemotron.runtime.grammar;

import com.google.common.collect.ImmutableList;
import org.nemotron.runtime.grammar.Network.Rule;

/**
 * The parts of JSON as forms. White space is bounded: behind a bracket, a comma or a colon one
 * space, or a line end and at most {@value #MOST_SPACES} spaces or {@value #MOST_TABS} tabs.
 * Numbers have at most {@value #MOST_DIGITS} digits before the point and behind it.
 */
final class JsonForms {
  static final int MOST_DIGITS = 18;
  private static final int MOST_SPACES = 24;
  private static final int MOST_TABS = 12;

  private static final CodePoints QUOTE_AND_BACKSLASH = CodePoints.of('"').and('\\', '\\');
  private static final CodePoints CONTROLS = CodePoints.NONE.and(0, 0x1F);

  /** The characters that stand for themselves in a JSON string. */
  static final CodePoints PLAIN = QUOTE_AND_BACKSLASH.and(CONTROLS).complement();

  private static final CodePoints HEX = CodePoints.DIGITS.and('a', 'f').and('A', 'F');
  static final Form DIGIT = Form.bytes('0', '9');

  private final Rule space;
  private final Rule character;
  private final Rule string;
  private final Rule number;
  private final Rule value;
  private final Rule object;

  JsonForms(Network net) {
    space = net.rule(spaceForm());
    character = net.rule(characterForm());
    string =
        net.rule(Form.sequence(Form.text("\""), Form.call(character).atLeast(0), Form.text("\"")));
    number = net.rule(numberForm());
    value = net.rule();
    object = net.rule();
    Form member = Form.sequence(string(), Form.text(":"), space(), value());
    listOf("{", member, "}").add(net, object.start(), object.end());
    Form any = Form.anyOf(string(), number(), literals(), anyObject(), listOf("[", value(), "]"));
    any.add(net, value.start(), value.end());
  }

  private static Form spaceForm() {
    return Form.anyOf(
        Form.EMPTY,
        Form.text(" "),
        Form.sequence(
            Form.text("\n"),
            Form.anyOf(
                Form.text(" ").between(0, MOST_SPACES), Form.text("\t").between(1, MOST_TABS))));
  }

  private static Form characterForm() {
    Form hex = Form.of(HEX);
    Form unit =
        Form.anyOf(
            Form.sequence(Form.of(HEX.without(CodePoints.of('d').and('D', 'D'))), hex, hex, hex),
            Form.sequence(
                Form.of(CodePoints.of('d').and('D', 'D')), Form.bytes('0', '7'), hex, hex));
    return Form.anyOf(
        Form.of(PLAIN),
        Form.sequence(
            Form.text("\\"),
            Form.anyOf(
                Form.of(CodePoints.of('"').and('\\', '\\').and('/', '/').and('b', 'b')),
                Form.of(CodePoints.of('f').and('n', 'n').and('r', 'r').and('t', 't')),
                Form.sequence(Form.text("u"), unit))));
  }

  private static Form numberForm() {
    Form fraction = Form.sequence(Form.text("."), DIGIT.between(1, MOST_DIGITS));
    Form exponent =
        Form.sequence(
            Form.anyOf(Form.text("e"), Form.text("E")),
            Form.anyOf(Form.EMPTY, Form.text("+"), Form.text("-")),
            DIGIT.between(1, 2));
    return Form.sequence(integerForm(), fraction.optional(), exponent.optional());
  }

  private static Form integerForm() {
    return Form.sequence(
        Form.text("-").optional(),
        Form.anyOf(
            Form.text("0"),
            Form.sequence(Form.bytes('1', '9'), DIGIT.between(0, MOST_DIGITS - 1))));
  }

  Form integer() {
    return integerForm();
  }

  Form number() {
    return Form.call(number);
  }

  Form string() {
    return Form.call(string);
  }

  Form character() {
    return Form.call(character);
  }

  Form space() {
    return Form.call(space);
  }

  Form anyObject() {
    return Form.call(object);
  }

  Form value() {
    return Form.call(value);
  }

  private static Form literals() {
    return Form.anyOf(Form.text("true"), Form.text("false"), Form.text("null"));
  }

  /** Returns any number of {@code element}, with commas, between brackets. */
  private Form listOf(String open, Form element, String close) {
    Form more = Form.sequence(Form.text(","), space(), element).atLeast(0);
    return Form.sequence(
        Form.text(open),
        space(),
        Form.sequence(element, more, space()).optional(),
        Form.text(close));
  }

  /** Returns one of some characters as it stands in a JSON string: escaped where it must be. */
  static Form inString(CodePoints set) {
    ImmutableList.Builder<Form> forms = ImmutableList.builder();
    forms.add(Form.of(set.within(PLAIN)));
    for (int[] pair : set.within(PLAIN.complement()).pairs()) {
      for (int point = pair[0]; point <= pair[1]; point++) {
        forms.add(Form.text(escaped(point)));
      }
    }
    return Form.anyOf(forms.build());
  }

  private static String escaped(int point) {
    return switch (point) {
      case '"' -> "\\\"";
      case '\\' -> "\\\\";
      case '\n' -> "\\n";
      case '\r' -> "\\r";
      case '\t' -> "\\t";
      default -> "\\u%04x".formatted(point);
    };
  }
}
