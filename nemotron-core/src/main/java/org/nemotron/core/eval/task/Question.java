package org.nemotron.core.eval.task;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;

/** What an item asks of a model, as text, and what is right. */
public sealed interface Question {
  /** Returns the prompt that is shown where one is shown: the context of the first choice. */
  String prompt();

  /** Returns all texts of the question, by which it is told from others. */
  ImmutableList<String> texts();

  /**
   * Which of several continuations is the likeliest; with one only, how likely it is.
   *
   * @param pairs a context and a continuation for each choice
   * @param choices the texts of the choices, by whose lengths sums are divided
   * @param right the indices of the right choices
   * @param withoutContext the continuations behind an empty context, where a metric compares with
   *     them; empty otherwise
   */
  record Choices(
      ImmutableList<TextPair> pairs,
      ImmutableList<String> choices,
      ImmutableIntArray right,
      ImmutableList<TextPair> withoutContext)
      implements Question {
    /** Checks that each choice has a pair, and that the right ones are among them. */
    public Choices {
      checkArgument(
          !pairs.isEmpty() && pairs.size() == choices.size(),
          "pairs (%s) must be as many as choices (%s), and at least one",
          pairs.size(),
          choices.size());
      checkArgument(
          !right.isEmpty() && right.stream().allMatch(i -> 0 <= i && i < choices.size()),
          "right (%s) must be indices of choices (%s)",
          right,
          choices.size());
    }

    @Override
    public String prompt() {
      return pairs.get(0).context();
    }

    @Override
    public ImmutableList<String> texts() {
      ImmutableList.Builder<String> texts = ImmutableList.builder();
      pairs.forEach(pair -> texts.add(pair.context(), pair.continuation()));
      return texts.build();
    }
  }

  /**
   * What the model writes after a prompt.
   *
   * @param prompt the prompt
   * @param maxTokens the most tokens that are written
   * @param stops texts that end what is written
   * @param target the right answer; of a program, all of it with its tests, and a mark in the place
   *     of what the model writes
   * @param name what the item is called where its answers are written; empty if it has no name
   */
  record Generation(
      String prompt, int maxTokens, ImmutableList<String> stops, String target, String name)
      implements Question {
    /** What a program's target has in the place of what the model writes. */
    private static final String COMPLETION = "<completion>";

    /** Returns whether what the model writes is part of a program that tests it. */
    boolean asksForProgram() {
      return target.contains(COMPLETION);
    }

    /** Returns whether questions with such targets ask for programs. */
    static boolean isOfProgram(Template target) {
      return target.toString().contains(COMPLETION);
    }

    /** Returns the program that tests {@code completion}. */
    String program(String completion) {
      return target.replace(COMPLETION, completion);
    }

    @Override
    public ImmutableList<String> texts() {
      return ImmutableList.of(prompt);
    }
  }

  /**
   * How likely a text is as a whole.
   *
   * @param text what is scored
   * @param words how many words it is said to have
   * @param bytes how many bytes it is said to have
   */
  record Document(String text, long words, long bytes) implements Question {
    @Override
    public String prompt() {
      return text;
    }

    @Override
    public ImmutableList<String> texts() {
      return ImmutableList.of(text);
    }
  }
}
