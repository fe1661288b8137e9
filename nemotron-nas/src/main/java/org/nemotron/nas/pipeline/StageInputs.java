package org.nemotron.nas.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSortedSet;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.nemotron.core.provenance.Fingerprint;

/**
 * All that a stage's result depends on, by name. Immutable.
 *
 * @param fingerprints one of each
 */
record StageInputs(ImmutableMap<String, Fingerprint> fingerprints) {
  /** The name under which the format of what is stored counts. */
  static final String FORMAT = "format";

  static Builder builder() {
    return new Builder();
  }

  /** Returns the inputs that {@link #toJson} wrote. */
  static StageInputs fromJson(JsonNode json) {
    Builder builder = builder();
    json.properties()
        .forEach(entry -> builder.put(entry.getKey(), new Fingerprint(entry.getValue().asText())));
    return builder.build();
  }

  ObjectNode toJson() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    fingerprints.forEach((name, fingerprint) -> json.put(name, fingerprint.hex()));
    return json;
  }

  /** Returns one fingerprint of all. */
  Fingerprint fingerprint() {
    Fingerprint.Builder builder = Fingerprint.builder();
    fingerprints.forEach(builder::put);
    return builder.build();
  }

  /** Returns the names of what is not as in {@code former}. */
  ImmutableSortedSet<String> changedSince(StageInputs former) {
    Set<String> names = new TreeSet<>(fingerprints.keySet());
    names.addAll(former.fingerprints.keySet());
    names.removeIf(name -> isSame(name, former));
    return ImmutableSortedSet.copyOf(names);
  }

  /** Returns the names of what is in both, and not the same. */
  ImmutableSortedSet<String> differencesFrom(StageInputs other) {
    Set<String> names = new TreeSet<>(fingerprints.keySet());
    names.retainAll(other.fingerprints.keySet());
    names.removeIf(name -> isSame(name, other));
    return ImmutableSortedSet.copyOf(names);
  }

  private boolean isSame(String name, StageInputs former) {
    Fingerprint own = fingerprints.get(name);
    return own != null && own.equals(former.fingerprints.get(name));
  }

  /** Collects named inputs. */
  static final class Builder {
    private final ImmutableMap.Builder<String, Fingerprint> fingerprints = ImmutableMap.builder();

    @CanIgnoreReturnValue
    Builder put(String name, Fingerprint value) {
      fingerprints.put(name, value);
      return this;
    }

    @CanIgnoreReturnValue
    Builder put(String name, String value) {
      return put(name, Fingerprint.builder().put("value", value).build());
    }

    @CanIgnoreReturnValue
    Builder put(String name, long value) {
      return put(name, Fingerprint.builder().put("value", value).build());
    }

    /** Adds a value as {@link CanonicalJson}. */
    @CanIgnoreReturnValue
    Builder put(String name, JsonNode value) {
      return put(name, CanonicalJson.text(value));
    }

    /** Adds each of {@code settings}, under its key in the group of a plan called {@code part}. */
    @CanIgnoreReturnValue
    Builder putSettings(String part, Record settings) {
      return putSettings(part, PlanFiles.JSON.<ObjectNode>valueToTree(settings));
    }

    /** Adds each of {@code settings}, as JSON. */
    @CanIgnoreReturnValue
    Builder putSettings(String part, ObjectNode settings) {
      settings
          .properties()
          .forEach(entry -> putSetting(part + "." + entry.getKey(), entry.getValue()));
      return this;
    }

    private void putSetting(String name, JsonNode value) {
      if (value.isObject()) {
        value
            .properties()
            .forEach(entry -> putSetting(name + "." + entry.getKey(), entry.getValue()));
      } else {
        put(name, value);
      }
    }

    @CanIgnoreReturnValue
    Builder putAll(StageInputs inputs) {
      for (Map.Entry<String, Fingerprint> entry : inputs.fingerprints.entrySet()) {
        put(entry.getKey(), entry.getValue());
      }
      return this;
    }

    StageInputs build() {
      return new StageInputs(fingerprints.buildOrThrow());
    }
  }
}
