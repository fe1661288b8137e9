package org.nemotron.core.checkpoint.safetensors;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.Map;
import org.nemotron.core.checkpoint.file.StoredTensor;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;
import org.nemotron.core.spec.Shapes;

/**
 * The directory of a safetensors file, checked against the length of its data. Immutable.
 *
 * <p>What a header says is believed only where it adds up: sizes do not overflow, every tensor has
 * the bytes that its shape needs, and the tensors fill the data without gap or overlap.
 *
 * @param metadata the texts under {@code __metadata__}
 * @param tensors by name, in the order of their bytes
 */
record SafetensorsHeader(
    ImmutableMap<String, String> metadata, ImmutableMap<String, StoredTensor> tensors) {
  static final String METADATA = "__metadata__";

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private static final ImmutableMap<String, Integer> ELEMENT_BYTES =
      ImmutableMap.<String, Integer>builder()
          .put("F64", 8)
          .put("F32", 4)
          .put("F16", 2)
          .put("BF16", 2)
          .put("F8_E4M3", 1)
          .put("F8_E5M2", 1)
          .put("F8_E8M0", 1)
          .put("C64", 8)
          .put("I64", 8)
          .put("I32", 4)
          .put("I16", 2)
          .put("I8", 1)
          .put("U64", 8)
          .put("U32", 4)
          .put("U16", 2)
          .put("U8", 1)
          .put("BOOL", 1)
          .buildOrThrow();

  /**
   * Returns the header whose JSON is {@code json} and which is followed by {@code dataBytes} bytes.
   *
   * @throws CheckpointFormatException if it is damaged; the message does not name the file
   */
  static SafetensorsHeader parse(ByteBuffer json, long dataBytes) throws CheckpointFormatException {
    JsonNode root = readJson(json);
    check(root.isObject(), "the header must be a JSON object");
    ImmutableMap<String, String> metadata = readMetadata(root.path(METADATA));
    ImmutableList.Builder<StoredTensor> tensors = ImmutableList.builder();
    for (Map.Entry<String, JsonNode> entry : root.properties()) {
      if (!entry.getKey().equals(METADATA)) {
        tensors.add(readTensor(entry.getKey(), entry.getValue()));
      }
    }
    return new SafetensorsHeader(metadata, inOrder(tensors.build(), dataBytes));
  }

  private static JsonNode readJson(ByteBuffer json) throws CheckpointFormatException {
    try {
      return JSON.readTree(StandardCharsets.UTF_8.newDecoder().decode(json).toString());
    } catch (CharacterCodingException e) {
      throw new CheckpointFormatException("the header is not valid UTF-8", e);
    } catch (JsonProcessingException e) {
      throw new CheckpointFormatException(
          "the header is not valid JSON (" + e.getOriginalMessage() + ")", e);
    }
  }

  private static ImmutableMap<String, String> readMetadata(JsonNode node)
      throws CheckpointFormatException {
    ImmutableMap.Builder<String, String> metadata = ImmutableMap.builder();
    check(
        node.isMissingNode() || node.isNull() || node.isObject(),
        METADATA + " must be a JSON object");
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      check(entry.getValue().isTextual(), METADATA + " " + entry.getKey() + " must be a text");
      metadata.put(entry.getKey(), entry.getValue().asText());
    }
    return metadata.buildOrThrow();
  }

  private static StoredTensor readTensor(String name, JsonNode node)
      throws CheckpointFormatException {
    String where = "tensor " + name + ": ";
    String dtype = node.path("dtype").asText();
    Integer elementBytes = ELEMENT_BYTES.get(dtype);
    if (elementBytes == null) {
      throw new CheckpointFormatException(
          where + "dtype (" + dtype + ") must be one of " + ELEMENT_BYTES.keySet());
    }
    ImmutableList<Long> shape = readSizes(where + "shape", node.path("shape"));
    ImmutableList<Long> offsets = readSizes(where + "data_offsets", node.path("data_offsets"));
    check(
        offsets.size() == 2 && offsets.get(0) <= offsets.get(1),
        where + "data_offsets " + offsets + " must be a begin and an end after it");
    long bytes = offsets.get(1) - offsets.get(0);
    check(
        bytesOf(where, shape, elementBytes) == bytes,
        where + "shape " + shape + " of " + dtype + " does not fit " + bytes + " bytes");
    return new StoredTensor(name, dtype, shape, offsets.get(0), bytes);
  }

  private static ImmutableList<Long> readSizes(String what, JsonNode node)
      throws CheckpointFormatException {
    check(node.isArray(), what + " must be a list");
    ImmutableList.Builder<Long> sizes = ImmutableList.builder();
    for (JsonNode size : node) {
      check(
          size.isIntegralNumber() && size.canConvertToLong() && size.asLong() >= 0,
          what + " must hold whole numbers from 0 to 2^63 - 1, not " + size);
      sizes.add(size.asLong());
    }
    return sizes.build();
  }

  private static long bytesOf(String where, ImmutableList<Long> shape, int elementBytes)
      throws CheckpointFormatException {
    try {
      return Math.multiplyExact(Shapes.elements(shape), (long) elementBytes);
    } catch (ArithmeticException e) {
      throw new CheckpointFormatException(where + "shape " + shape + " is too large", e);
    }
  }

  /** Returns the tensors by name in the order of their bytes, which must tile the data. */
  private static ImmutableMap<String, StoredTensor> inOrder(
      ImmutableList<StoredTensor> tensors, long dataBytes) throws CheckpointFormatException {
    ImmutableMap.Builder<String, StoredTensor> ordered = ImmutableMap.builder();
    long end = 0;
    ImmutableList<StoredTensor> sorted =
        ImmutableList.sortedCopyOf(
            Comparator.comparingLong(StoredTensor::begin).thenComparingLong(StoredTensor::end),
            tensors);
    for (StoredTensor tensor : sorted) {
      check(
          tensor.begin() == end,
          "tensor "
              + tensor.name()
              + ": begins at byte "
              + tensor.begin()
              + " but the tensor before it ends at "
              + end);
      end = tensor.end();
      ordered.put(tensor.name(), tensor);
    }
    check(
        end == dataBytes,
        "the tensors need " + end + " bytes but the file has " + dataBytes + " after the header");
    return ordered.buildOrThrow();
  }

  private static void check(boolean condition, String message) throws CheckpointFormatException {
    if (!condition) {
      throw new CheckpointFormatException(message);
    }
  }
}
