package org.nemotron.runtime.grammar;

import static org.nemotron.runtime.grammar.SchemaForms.refused;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableList;

/**
 * The numbers of a schema, between limits that are whole numbers. Numbers with limits have no
 * exponent, and at most 15 digits, so that the nearest double lies between the limits too.
 */
final class SchemaNumbers {
  /** The largest number of {@value JsonForms#MOST_DIGITS} digits. */
  /** What limits may be at most, without their sign. */
  private static final double MOST_LIMIT = 1e18;

  private static final long MOST = 999_999_999_999_999_999L;

  /** The largest whole part of a number that has a fraction and limits. */
  private static final long MOST_WITH_FRACTION = 999_999_999;

  private static final int FRACTION_DIGITS = 6;

  private final JsonForms json;
  private final JsonNode schema;
  private final String path;

  SchemaNumbers(JsonForms json, JsonNode schema, String path) {
    this.json = json;
    this.schema = schema;
    this.path = path;
  }

  Form form(boolean whole) {
    boolean limited =
        schema.has("minimum")
            || schema.has("maximum")
            || schema.has("exclusiveMinimum")
            || schema.has("exclusiveMaximum");
    if (!limited) {
      return whole ? json.integer() : json.number();
    }
    long low = Math.max(limit("minimum", -MOST), -MOST);
    long high = Math.min(limit("maximum", MOST), MOST);
    long above = limit("exclusiveMinimum", Long.MIN_VALUE);
    long below = limit("exclusiveMaximum", Long.MAX_VALUE);
    return whole ? integers(low, high, above, below) : numbers(low, high, above, below);
  }

  private long limit(String keyword, long otherwise) {
    JsonNode value = schema.path(keyword);
    if (value.isMissingNode()) {
      return otherwise;
    }
    if (!SchemaTypes.isOf("integer", value)) {
      throw refused(path + "/" + keyword, "a limit (" + value + ") that is not a whole number");
    }
    if (Math.abs(value.doubleValue()) > MOST_LIMIT) {
      throw refused(path + "/" + keyword, "a limit (" + value + ") beyond 1e18");
    }
    return value.longValue();
  }

  private Form integers(long low, long high, long above, long below) {
    long first = above >= low ? above + 1 : low;
    long last = below <= high ? below - 1 : high;
    checkSome(first <= last);
    return IntegerRanges.between(first, last);
  }

  private Form numbers(long low, long high, long above, long below) {
    boolean openLow = above >= low;
    boolean openHigh = below <= high;
    long first = Math.max(openLow ? above : low, -MOST_WITH_FRACTION);
    long last = Math.min(openHigh ? below : high, MOST_WITH_FRACTION);
    checkSome(first < last || (first == last && !openLow && !openHigh));
    ImmutableList.Builder<Form> forms = ImmutableList.builder();
    if (last > 0 || (last == 0 && !openHigh)) {
      boolean fromZero = first < 0;
      forms.add(positive(fromZero ? 0 : first, last, !fromZero && openLow, openHigh));
    }
    if (first < 0) {
      boolean fromZero = last > 0;
      forms.add(
          Form.sequence(
              Form.text("-"),
              positive(fromZero ? 0 : -last, -first, !fromZero && openHigh, openLow)));
    }
    return Form.anyOf(forms.build());
  }

  private void checkSome(boolean some) {
    if (!some) {
      throw refused(path, "a pair of limits between which there is no number");
    }
  }

  /** Numbers without a sign from {@code low} to {@code high}, both at least 0. */
  private static Form positive(long low, long high, boolean openLow, boolean openHigh) {
    Form any = Form.sequence(Form.text("."), JsonForms.DIGIT.between(1, FRACTION_DIGITS));
    Form notZero = fractionAboveZero();
    ImmutableList.Builder<Form> forms = ImmutableList.builder();
    if (low < high) {
      Form behindLow = openLow ? notZero : any.optional();
      forms.add(Form.sequence(Form.text(Long.toString(low)), behindLow));
      if (high - low > 1) {
        forms.add(Form.sequence(IntegerRanges.natural(low + 1, high - 1), any.optional()));
      }
    }
    if (!openHigh) {
      forms.add(Form.text(Long.toString(high)));
    }
    return Form.anyOf(forms.build());
  }

  private static Form fractionAboveZero() {
    ImmutableList.Builder<Form> forms = ImmutableList.builder();
    for (int zeros = 0; zeros < FRACTION_DIGITS; zeros++) {
      forms.add(
          Form.sequence(
              Form.text("." + "0".repeat(zeros)),
              Form.bytes('1', '9'),
              JsonForms.DIGIT.between(0, FRACTION_DIGITS - 1 - zeros)));
    }
    return Form.anyOf(forms.build());
  }
}
