package org.nemotron.runtime.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.StringLength;

/** Regular expressions against those of the JDK. */
final class RegexProperties {
  @Provide
  Arbitrary<String> patterns() {
    Arbitrary<String> atoms =
        Arbitraries.of(
            "a",
            "b",
            "c",
            "é",
            "[ab]",
            "[^a]",
            "[a-c]",
            "\\d",
            "\\w",
            ".",
            "😀",
            "\\.",
            "\\x41",
            "[^\\s\\d]",
            "[\\-ä-ü]");
    Arbitrary<String> counts = Arbitraries.of("", "", "?", "*", "+", "{2}", "{1,3}", "{2,}", "*?");
    return Arbitraries.recursive(
        () -> atoms,
        inner ->
            Combinators.combine(inner, inner, counts, Arbitraries.of("%s%s", "(%s|%s)", "(?:%s)%s"))
                .as((one, two, count, form) -> "(" + form.formatted(one, two) + ")" + count),
        1,
        3);
  }

  @Property(tries = 150)
  void everyAnswerIsMatchedAsAWhole(@ForAll("patterns") String pattern, @ForAll long seed) {
    Optional<String> answer = Optional.empty();
    try {
      answer = RandomAnswers.drawUpTo(300, AnswerFormat.regex(pattern), seed);
    } catch (FormatException e) {
      assertThat(e).hasMessageStartingWith("the regular expression is too large");
    }
    Assume.that(answer.isPresent()); // some need a rare character to end
    Optional<Boolean> matched =
        CountedText.judged(answer.orElseThrow(), text -> Pattern.matches(pattern, text));
    Assume.that(matched.isPresent());
    assertThat(matched.orElseThrow()).as("%s matches %s", pattern, answer).isTrue();
  }

  @Property(tries = 500)
  void textsAreAcceptedAsByTheJdk(
      @ForAll("patterns") String pattern,
      @ForAll @StringLength(max = 6) @CharRange(from = 'a', to = 'd') String text) {
    Network net = new Network(GrammarCompiler.MOST_NODES);
    Network.Rule rule = net.rule(RegexParser.whole(pattern, Form::of));
    Network.Rule somewhere = net.rule(RegexParser.within(pattern, Form::of));
    net.complete();
    assertThat(accepts(rule, text)).isEqualTo(Pattern.compile(pattern).matcher(text).matches());
    assertThat(accepts(somewhere, text)).isEqualTo(Pattern.compile(pattern).matcher(text).find());
  }

  private static boolean accepts(Network.Rule rule, String text) {
    Automaton.State state = new Automaton(rule, 100).start();
    for (byte value : text.getBytes(StandardCharsets.UTF_8)) {
      state = state.next(value & 0xFF);
      if (state == null) {
        return false;
      }
    }
    return state.isAccepting();
  }

  @Property(tries = 50)
  void charactersOfSeveralBytesStayWhole(@ForAll long seed) {
    assertThat(RandomAnswers.draw(AnswerFormat.regex("[äßЖ漢😀-😏\\u2028]{3,9}"), seed))
        .matches("[äßЖ漢😀-😏\\u2028]{3,9}");
  }

  @Property(tries = 30)
  void choiceIsOneOfItsTexts(@ForAll long seed) {
    List<String> texts = List.of("yes", "yes, \"sir\"", "no", "né\n", "😀");
    assertThat(RandomAnswers.draw(AnswerFormat.choice(texts), seed)).isIn(texts);
  }

  @Example
  void whatIsNotSupportedIsRefusedByNameAndPlace() {
    assertRefused("a(?=b)", 4, "look-around, flags and conditions '(?'");
    assertRefused("(a)\\1", 4, "'\\1'");
    assertRefused("a\\b", 2, "'\\b'");
    assertRefused("\\p{L}", 1, "'\\p'");
    assertRefused("a**", 3, "a second quantifier");
    assertRefused("a^b", 2, "'^' elsewhere than at the beginning");
    assertRefused("a$b", 3, "'$' elsewhere than at the end");
    assertRefused("x{20000}", 2, "a count beyond 10000");
  }

  @Example
  void whatIsMalformedIsRefusedByNameAndPlace() {
    assertMalformed("a(b", 2, "'(' without ')'");
    assertMalformed("(", 1, "'(' without ')'");
    assertMalformed("a)b", 2, "')' without '('");
    assertMalformed("*", 1, "a quantifier behind nothing");
    assertMalformed("a\\", 3, "a '\\' at the end");
    assertMalformed("[a", 3, "'[' without ']'");
    assertMalformed("[z-a]", 5, "a range whose end is no character behind its beginning");
  }

  private static void assertMalformed(String pattern, int place, String what) {
    assertThatThrownBy(() -> RandomAnswers.COMPILER.compile(AnswerFormat.regex(pattern)))
        .isInstanceOf(FormatException.class)
        .hasMessage(
            "the regular expression %s has at character %s %s".formatted(pattern, place, what));
  }

  private static void assertRefused(String pattern, int place, String what) {
    assertThatThrownBy(() -> RandomAnswers.COMPILER.compile(AnswerFormat.regex(pattern)))
        .isInstanceOf(FormatException.class)
        .hasMessage(
            "the regular expression %s has at character %s %s, which is not supported"
                .formatted(pattern, place, what));
  }

  @Example
  void expressionsThatExplodeAreRefused() {
    assertThatThrownBy(() -> RandomAnswers.COMPILER.compile(AnswerFormat.regex("(a|b)*a(a|b){40}")))
        .isInstanceOf(FormatException.class)
        .hasMessageStartingWith("the regular expression is too large");
    assertThatThrownBy(
            () -> RandomAnswers.COMPILER.compile(AnswerFormat.regex("((a{99}){99}){99}")))
        .isInstanceOf(FormatException.class)
        .hasMessageStartingWith("the format is too large");
  }
}
