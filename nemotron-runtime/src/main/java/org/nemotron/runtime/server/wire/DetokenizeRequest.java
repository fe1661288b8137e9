package org.nemotron.runtime.server.wire;

import com.google.common.primitives.ImmutableIntArray;

/** A request for the text of tokens. Immutable. */
public record DetokenizeRequest(ImmutableIntArray tokens) {
  static DetokenizeRequest read(Fields fields) {
    fields.ignore("model");
    return new DetokenizeRequest(
        fields.ids(
            fields.get("tokens").orElseThrow(() -> fields.invalid("tokens", "is missing")),
            "tokens"));
  }
}
