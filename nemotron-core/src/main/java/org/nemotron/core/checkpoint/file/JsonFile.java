package org.nemotron.core.checkpoint.file;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.base.Strings;
import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;
import org.nemotron.core.io.JsonFiles;

/**
 * A JSON object read from a file, asked by key; what is missing or of another kind is said with the
 * file and the key. A key whose value is {@code null} counts as missing. Immutable.
 *
 * @param where the file, and for an object inside it also its place there
 * @param node the object
 */
public record JsonFile(String where, JsonNode node) {
  /** Returns the object in {@code path}. */
  public static JsonFile read(Path path) throws IOException {
    try {
      JsonNode node = JsonFiles.read(path);
      if (!node.isObject()) {
        throw new CheckpointFormatException(path + " must hold a JSON object");
      }
      return new JsonFile(path.toString(), node);
    } catch (NoSuchFileException e) {
      throw new CheckpointFormatException(path + " is missing", e);
    } catch (FileSystemException | CheckpointFormatException e) {
      throw e;
    } catch (IOException e) {
      throw new CheckpointFormatException(Strings.nullToEmpty(e.getMessage()), e);
    }
  }

  /** Returns whether {@code key} is given with a value other than {@code null}. */
  public boolean has(String key) {
    return node.hasNonNull(key);
  }

  /** Returns the object under {@code key}. */
  public JsonFile object(String key) throws CheckpointFormatException {
    return object(key, node.path(key));
  }

  private JsonFile object(String place, JsonNode value) throws CheckpointFormatException {
    if (!value.isObject()) {
      throw wrong(place, value, "an object");
    }
    return new JsonFile(where + ", " + place, value);
  }

  /** Returns the objects in the list under {@code key}. */
  public ImmutableList<JsonFile> objects(String key) throws CheckpointFormatException {
    if (!node.path(key).isArray()) {
      throw wrong(key, node.path(key), "a list");
    }
    ImmutableList.Builder<JsonFile> objects = ImmutableList.builder();
    for (int i = 0; i < node.path(key).size(); i++) {
      objects.add(object(key + "[" + i + "]", node.path(key).path(i)));
    }
    return objects.build();
  }

  /** Returns whether {@code key} is given, be it with {@code null}. */
  public boolean names(String key) {
    return node.has(key);
  }

  public String text(String key, String otherwise) throws CheckpointFormatException {
    if (!has(key)) {
      return otherwise;
    }
    if (!node.path(key).isTextual()) {
      throw wrong(key, node.path(key), "a text");
    }
    return node.path(key).asText();
  }

  public boolean flag(String key, boolean otherwise) throws CheckpointFormatException {
    if (!has(key)) {
      return otherwise;
    }
    if (!node.path(key).isBoolean()) {
      throw wrong(key, node.path(key), "true or false");
    }
    return node.path(key).asBoolean();
  }

  /** Returns the positive number under {@code key}, which must be there. */
  public int count(String key) throws CheckpointFormatException {
    OptionalInt count = optionalCount(key);
    if (count.isEmpty()) {
      throw wrong(key, node.path(key), "a positive whole number");
    }
    return count.getAsInt();
  }

  /** Returns the positive numbers in the list under {@code key}. */
  public ImmutableList<Integer> counts(String key) throws CheckpointFormatException {
    if (!node.path(key).isArray()) {
      throw wrong(key, node.path(key), "a list");
    }
    ImmutableList.Builder<Integer> counts = ImmutableList.builder();
    for (JsonNode value : node.path(key)) {
      counts.add(count(key, value));
    }
    return counts.build();
  }

  /** Returns the positive number under {@code key}, or empty if it is missing. */
  public OptionalInt optionalCount(String key) throws CheckpointFormatException {
    return has(key) ? OptionalInt.of(count(key, node.path(key))) : OptionalInt.empty();
  }

  /** Returns the whole number from 0 under {@code key}, or empty if it is missing. */
  public OptionalInt optionalIndex(String key) throws CheckpointFormatException {
    JsonNode value = node.path(key);
    if (!has(key)) {
      return OptionalInt.empty();
    }
    if (!value.isIntegralNumber() || !value.canConvertToInt() || value.asInt() < 0) {
      throw wrong(key, value, "a whole number from 0");
    }
    return OptionalInt.of(value.asInt());
  }

  private int count(String key, JsonNode value) throws CheckpointFormatException {
    // Numbers such as 8192.0 are whole too.
    if (!value.isNumber() || value.asDouble() != Math.rint(value.asDouble())) {
      throw wrong(key, value, "a positive whole number");
    }
    if (value.asDouble() < 1 || value.asDouble() > Integer.MAX_VALUE) {
      throw wrong(key, value, "a positive whole number below 2^31");
    }
    return (int) value.asDouble();
  }

  public double number(String key, double otherwise) throws CheckpointFormatException {
    return optionalNumber(key).orElse(otherwise);
  }

  public double number(String key) throws CheckpointFormatException {
    OptionalDouble number = optionalNumber(key);
    if (number.isEmpty()) {
      throw wrong(key, node.path(key), "a number");
    }
    return number.getAsDouble();
  }

  public OptionalDouble optionalNumber(String key) throws CheckpointFormatException {
    JsonNode value = node.path(key);
    if (!has(key)) {
      return OptionalDouble.empty();
    }
    if (!value.isNumber() || !Double.isFinite(value.asDouble())) {
      throw wrong(key, value, "a number");
    }
    return OptionalDouble.of(value.asDouble());
  }

  /** Returns the token ids under {@code key}: one, a list, or none; negative ones mean none. */
  public ImmutableList<Integer> tokens(String key) throws CheckpointFormatException {
    JsonNode value = node.path(key);
    ImmutableList<JsonNode> ids =
        value.isArray()
            ? ImmutableList.copyOf(value)
            : has(key) ? ImmutableList.of(value) : ImmutableList.of();
    ImmutableList.Builder<Integer> tokens = ImmutableList.builder();
    for (JsonNode id : ids) {
      if (!id.isIntegralNumber() || !id.canConvertToInt()) {
        throw wrong(key, value, "a token id or a list of token ids");
      }
      if (id.asInt() >= 0) {
        tokens.add(id.asInt());
      }
    }
    return tokens.build();
  }

  /** Returns the error that {@code key} holds {@code value} where {@code rule} is called for. */
  public CheckpointFormatException wrong(String key, JsonNode value, String rule) {
    String found = value.isMissingNode() ? "is missing; it" : "(" + value + ")";
    return new CheckpointFormatException(where + ": " + key + " " + found + " must be " + rule);
  }
}
