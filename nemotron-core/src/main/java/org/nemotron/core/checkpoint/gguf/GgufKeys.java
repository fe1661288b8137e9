package org.nemotron.core.checkpoint.gguf;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.primitives.ImmutableDoubleArray;
import com.google.common.primitives.ImmutableLongArray;
import java.util.Collections;
import java.util.Optional;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;

/**
 * The values of a GGUF file, asked by key; what is missing or of another kind is said with the key.
 */
public record GgufKeys(String where, ImmutableMap<String, GgufValue> values) {
  /** General keys that a writer gives itself. */
  private static final ImmutableSet<String> OWN =
      ImmutableSet.of(
          "general.architecture",
          "general.file_type",
          "general.quantization_version",
          "general.alignment");

  /** Returns the keys of an open file. */
  static GgufKeys of(GgufPart part) {
    return new GgufKeys(part.path().toString(), part.header().values());
  }

  /** Returns the keys of an open model. */
  public static GgufKeys of(GgufFile file) {
    return new GgufKeys(file.path().toString(), file.values());
  }

  /**
   * Returns what another file with the same tokenizer takes over: the tokenizer, and what the file
   * says of its origin; not what describes shapes and types, which the writer gives.
   */
  public ImmutableMap<String, GgufValue> takenOver() {
    ImmutableMap.Builder<String, GgufValue> taken = ImmutableMap.builder();
    values.forEach(
        (key, value) -> {
          if (key.startsWith("tokenizer.") || (key.startsWith("general.") && !OWN.contains(key))) {
            taken.put(key, value);
          }
        });
    return taken.buildOrThrow();
  }

  boolean has(String key) {
    return values.containsKey(key);
  }

  Optional<String> optionalText(String key) throws CheckpointFormatException {
    if (!has(key)) {
      return Optional.empty();
    }
    if (values.get(key) instanceof GgufValue.Text text) {
      return Optional.of(text.value());
    }
    throw wrong(key, "a text");
  }

  /** Returns the number under {@code key}, or {@code otherwise}. */
  double number(String key, double otherwise) throws CheckpointFormatException {
    if (!has(key)) {
      return otherwise;
    }
    if (values.get(key) instanceof GgufValue.Real real) {
      // A single-precision number stands for the shortest decimal that gives it.
      return real.bytes() == Float.BYTES
          ? Double.parseDouble(Float.toString((float) real.value()))
          : real.value();
    }
    if (values.get(key) instanceof GgufValue.Whole whole) {
      return whole.value();
    }
    throw wrong(key, "a number");
  }

  double number(String key) throws CheckpointFormatException {
    if (!has(key)) {
      throw wrong(key, "a number");
    }
    return number(key, 0);
  }

  boolean flag(String key, boolean otherwise) throws CheckpointFormatException {
    if (!has(key)) {
      return otherwise;
    }
    if (values.get(key) instanceof GgufValue.Whole whole) {
      return whole.value() != 0;
    }
    throw wrong(key, "true or false");
  }

  /** Returns the positive number under {@code key}. */
  int count(String key) throws CheckpointFormatException {
    return optionalCount(key).orElseThrow(() -> wrong(key, "a positive whole number"));
  }

  Optional<Integer> optionalCount(String key) throws CheckpointFormatException {
    if (!has(key)) {
      return Optional.empty();
    }
    if (values.get(key) instanceof GgufValue.Whole whole
        && whole.value() > 0
        && whole.value() <= Integer.MAX_VALUE) {
      return Optional.of((int) whole.value());
    }
    throw wrong(key, "a positive whole number below 2^31");
  }

  /** Returns the whole number of any type under {@code key}, or {@code otherwise}. */
  long whole(String key, long otherwise) throws CheckpointFormatException {
    if (!has(key)) {
      return otherwise;
    }
    if (values.get(key) instanceof GgufValue.Whole whole) {
      return whole.value();
    }
    throw wrong(key, "a whole number");
  }

  /** Returns a number per layer: a list of that length, or one number for all. */
  ImmutableList<Integer> perLayer(String key, int layers) throws CheckpointFormatException {
    if (values.get(key) instanceof GgufValue.Whole whole && fits(whole.value())) {
      return ImmutableList.copyOf(Collections.nCopies(layers, (int) whole.value()));
    }
    ImmutableLongArray numbers = wholes(key);
    if (numbers.length() != layers || !numbers.stream().allMatch(GgufKeys::fits)) {
      throw wrong(key, "one number or " + layers + " from 0 to 2^31 - 1");
    }
    return numbers.stream()
        .mapToObj(number -> (int) number)
        .collect(ImmutableList.toImmutableList());
  }

  private static boolean fits(long number) {
    return number >= 0 && number <= Integer.MAX_VALUE;
  }

  ImmutableLongArray wholes(String key) throws CheckpointFormatException {
    if (values.get(key) instanceof GgufValue.Wholes list) {
      return list.values();
    }
    throw wrong(key, "a list of whole numbers");
  }

  /** Returns a list of numbers, whole or not. */
  ImmutableDoubleArray numbers(String key) throws CheckpointFormatException {
    if (values.get(key) instanceof GgufValue.Reals list) {
      return list.values();
    }
    if (values.get(key) instanceof GgufValue.Wholes list) {
      return ImmutableDoubleArray.copyOf(list.values().stream().asDoubleStream());
    }
    throw wrong(key, "a list of numbers");
  }

  ImmutableList<String> texts(String key) throws CheckpointFormatException {
    if (values.get(key) instanceof GgufValue.Texts list) {
      return list.values();
    }
    throw wrong(key, "a list of texts");
  }

  CheckpointFormatException wrong(String key, String rule) {
    return new CheckpointFormatException(
        where + ": " + key + (has(key) ? "" : " is missing; it") + " must be " + rule);
  }
}
