package org.nemotron.core.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.util.Arrays;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** What is written of a spec is read back: every variant, every trait. */
final class SpecJsonProperties {
  private static final JsonMapper JSON = new JsonMapper();

  @Property
  void attentionRoundTripIsEqual(@ForAll("attentions") AttentionSpec spec) throws IOException {
    assertThat(SpecJson.attention(asText(SpecJson.of(spec)))).isEqualTo(spec);
  }

  @Property
  void ffnRoundTripIsEqual(@ForAll("ffns") FfnSpec spec) throws IOException {
    assertThat(SpecJson.ffn(asText(SpecJson.of(spec)))).isEqualTo(spec);
  }

  /** Files are text: what a tree in memory keeps is not enough. */
  private static JsonNode asText(JsonNode json) throws IOException {
    return JSON.readTree(JSON.writeValueAsString(json));
  }

  @Provide
  Arbitrary<AttentionSpec> attentions() {
    Arbitrary<Integer> heads = Arbitraries.integers().between(1, 64);
    Arbitrary<AttentionSpec> grouped =
        Combinators.combine(
                heads,
                heads,
                Arbitraries.integers().between(1, 512),
                Arbitraries.of(AttentionTrait.class).set())
            .as(
                (kvHeads, group, pairs, traits) ->
                    new AttentionSpec.GroupedQuery(
                        kvHeads * group, kvHeads, 2 * pairs, ImmutableSet.copyOf(traits)));
    return Arbitraries.oneOf(
        grouped, Arbitraries.of(new AttentionSpec.Linear(), new AttentionSpec.NoOp()));
  }

  @Provide
  Arbitrary<FfnSpec> ffns() {
    return Arbitraries.oneOf(
        Arbitraries.integers().greaterOrEqual(1).map(FfnSpec.Gated::new),
        Arbitraries.of(new FfnSpec.Linear(), new FfnSpec.NoOp()));
  }

  /** A new variant must be added to the generators above. */
  @Example
  void generatorsMakeEveryVariant() {
    assertThat(variants(AttentionSpec.class))
        .containsExactlyInAnyOrder(
            AttentionSpec.GroupedQuery.class, AttentionSpec.Linear.class, AttentionSpec.NoOp.class);
    assertThat(variants(FfnSpec.class))
        .containsExactlyInAnyOrder(FfnSpec.Gated.class, FfnSpec.Linear.class, FfnSpec.NoOp.class);
  }

  private static Stream<Class<?>> variants(Class<?> type) {
    return type.isSealed()
        ? Arrays.stream(type.getPermittedSubclasses()).flatMap(SpecJsonProperties::variants)
        : Stream.of(type);
  }

  @Example
  void kindThatIsNotKnownIsRefused() {
    assertThatThrownBy(() -> SpecJson.attention(JSON.readTree("{\"kind\": \"mamba\"}")))
        .isInstanceOf(IOException.class)
        .hasMessage("attention kind must be groupedQuery, linear or noOp: {\"kind\":\"mamba\"}");
    assertThatThrownBy(() -> SpecJson.ffn(JSON.readTree("{\"kind\": \"experts\"}")))
        .isInstanceOf(IOException.class)
        .hasMessage("ffn kind must be gated, linear or noOp: {\"kind\":\"experts\"}");
  }
}
