package org.nemotron.examples.published;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ApiComparisonTest {
  private static final String TYPE = "a.Shape : public interface";
  private static final String METHOD = "a.Shape#area() : public abstract double()";

  @Test
  void incompatibilities_sameApi_none() {
    assertThat(between(List.of(TYPE, METHOD), List.of(TYPE, METHOD))).isEmpty();
  }

  @Test
  void incompatibilities_methodRemoved_namesIt() {
    assertThat(between(List.of(TYPE, METHOD), List.of(TYPE)))
        .containsExactly("a.Shape#area() is gone (was: public abstract double())");
  }

  @Test
  void incompatibilities_resultChanged_tellsBoth() {
    assertThat(
            between(
                List.of(TYPE, METHOD), List.of(TYPE, "a.Shape#area() : public abstract float()")))
        .containsExactly(
            "a.Shape#area() is \"public abstract float()\" (was: \"public abstract double()\")");
  }

  @Test
  void incompatibilities_typeAdded_none() {
    assertThat(between(List.of(TYPE), List.of(TYPE, "a.Line : public final class"))).isEmpty();
  }

  @Test
  void incompatibilities_defaultMethodAdded_none() {
    assertThat(between(List.of(TYPE), List.of(TYPE, "a.Shape#sides() : public int()"))).isEmpty();
  }

  @Test
  void incompatibilities_abstractMethodAddedToOpenType_asksForAnImplementation() {
    assertThat(between(List.of(TYPE), List.of(TYPE, METHOD)))
        .containsExactly("a.Shape#area() asks those who implement it for a new method");
  }

  @Test
  void incompatibilities_abstractMethodAddedToSealedType_none() {
    String closed = "a.Shape : public sealed interface permits a.Disc";
    assertThat(between(List.of(closed), List.of(closed, METHOD))).isEmpty();
  }

  @Test
  void incompatibilities_variantAddedToSealedType_breaksVisitors() {
    assertThat(
            between(
                List.of("a.Shape : public sealed interface permits a.Disc"),
                List.of("a.Shape : public sealed interface permits a.Disc, a.Line")))
        .hasSize(1);
  }

  private static ImmutableList<String> between(List<String> before, List<String> now) {
    return new ApiComparison(ApiListing.parse(before), ApiListing.parse(now)).incompatibilities();
  }
}
