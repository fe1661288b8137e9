package org.nemotron.runtime.grammar;

import static org.nemotron.runtime.grammar.JsonForms.DIGIT;

import com.google.common.base.Strings;
import com.google.common.collect.ImmutableList;

/** Whole numbers from one to another, in decimal without leading zeros, as forms. */
final class IntegerRanges {
  private IntegerRanges() {}

  /** Returns the numbers from {@code low} to {@code high}, which must not be empty. */
  static Form between(long low, long high) {
    ImmutableList.Builder<Form> forms = ImmutableList.builder();
    if (low < 0) {
      forms.add(Form.sequence(Form.text("-"), natural(Math.max(1, -high), -low)));
    }
    if (high >= 0) {
      forms.add(natural(Math.max(0, low), high));
    }
    return Form.anyOf(forms.build());
  }

  /** Returns the numbers from {@code low}, at least 0, to {@code high}. */
  static Form natural(long low, long high) {
    ImmutableList.Builder<Form> forms = ImmutableList.builder();
    String first = Long.toString(low);
    String last = Long.toString(high);
    for (int length = first.length(); length <= last.length(); length++) {
      String from = length == first.length() ? first : "1" + Strings.repeat("0", length - 1);
      String to = length == last.length() ? last : Strings.repeat("9", length);
      forms.add(sameLength(from, to));
    }
    return Form.anyOf(forms.build());
  }

  private static Form sameLength(String from, String to) {
    int length = from.length();
    if (from.equals(Strings.repeat("0", length)) && to.equals(Strings.repeat("9", length))) {
      return DIGIT.between(length, length);
    }
    char first = from.charAt(0);
    char last = to.charAt(0);
    String fromRest = from.substring(1);
    String toRest = to.substring(1);
    if (first == last) {
      return digitThen(first, last, fromRest, toRest);
    }
    String zeros = Strings.repeat("0", length - 1);
    String nines = Strings.repeat("9", length - 1);
    ImmutableList.Builder<Form> forms = ImmutableList.builder();
    forms.add(digitThen(first, first, fromRest, nines));
    if (last - first > 1) {
      forms.add(digitThen((char) (first + 1), (char) (last - 1), zeros, nines));
    }
    forms.add(digitThen(last, last, zeros, toRest));
    return Form.anyOf(forms.build());
  }

  private static Form digitThen(char low, char high, String from, String to) {
    Form digit = Form.bytes(low, high);
    return from.isEmpty() ? digit : Form.sequence(digit, sameLength(from, to));
  }
}
