package org.nemotron.core.eval.task;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Puts prompts together: the description, the shots and the question, as one text or as messages of
 * a chat.
 */
final class PromptBuilder {
  private static final String USER = "user";
  private static final String ASSISTANT = "assistant";
  private static final String SYSTEM = "system";

  private final TaskSpec spec;
  private final Optional<ChatStyle> chat;

  PromptBuilder(TaskSpec spec, Optional<ChatStyle> chat) {
    this.spec = spec;
    this.chat = chat;
  }

  /** A message, and what follows it where the prompt is one text. */
  private record Part(String role, String content, String delimiter) {}

  /** Returns the question of an item behind its shots. */
  Question question(Example item, List<Example> shots) {
    List<Part> before = new ArrayList<>();
    if (!spec.description().isEmpty()) {
      before.add(new Part(SYSTEM, spec.description(), ""));
    }
    for (Example shot : shots) {
      addShot(shot, before);
    }
    return switch (spec.asks()) {
      case CHOICES -> choices(item, before);
      case CONTEXTS -> contexts(item, before);
      case TARGET -> target(item, before);
      case GENERATION ->
          new Question.Generation(
              prompt(before, text(item), item),
              spec.maxTokens(),
              spec.stops(),
              spec.target().render(item.texts()),
              spec.itemName().render(item.texts()));
      case DOCUMENT -> document(item);
    };
  }

  private void addShot(Example shot, List<Part> parts) {
    String question;
    String answer;
    if (spec.asks() == Asks.CHOICES) {
      question = text(shot);
      answer = choiceTexts(shot).get(shot.right().get(0));
    } else {
      question =
          spec.asks() == Asks.CONTEXTS ? shot.choices().get(shot.right().get(0)) : text(shot);
      answer = spec.shots().target().render(shot.texts());
    }
    String begin = spec.answerBegin().render(shot.texts());
    boolean delimited = begin.isEmpty() || wantsDelimiter(question, begin);
    parts.add(new Part(USER, question, delimited ? spec.delimiter() : ""));
    parts.add(new Part(ASSISTANT, joined(begin, answer), spec.shotDelimiter()));
  }

  private String text(Example example) {
    String text = spec.prompt().render(example.texts());
    if (text.isEmpty() && !spec.prompt().toString().isEmpty()) {
      throw new IllegalArgumentException("its prompt is empty");
    }
    if (spec.asks() == Asks.CHOICES && PythonText.isDigits(text)) {
      throw new IllegalArgumentException(
          "its prompt (" + text + ") is a number, which the harness takes for an index");
    }
    return text;
  }

  private ImmutableList<String> choiceTexts(Example example) {
    ImmutableList.Builder<String> texts = ImmutableList.builder();
    for (String choice : example.choices()) {
      ObjectNode fields = JsonNodeFactory.instance.objectNode();
      String text = spec.choice().render(fields.put("choice", choice));
      if (text.isEmpty()) {
        throw new IllegalArgumentException("one of its choices is empty");
      }
      texts.add(text);
    }
    return texts.build();
  }

  private Question.Choices choices(Example item, List<Part> before) {
    String context = prompt(before, text(item), item);
    ImmutableList<String> texts = choiceTexts(item);
    ImmutableList.Builder<TextPair> pairs = ImmutableList.builder();
    texts.forEach(text -> pairs.add(new TextPair(context, delimiter(item) + text)));
    return new Question.Choices(pairs.build(), texts, item.right(), withoutContext(item, texts));
  }

  private ImmutableList<TextPair> withoutContext(Example item, ImmutableList<String> texts) {
    return spec.metrics().contains(Metrics.MUTUAL_INFORMATION)
        ? texts.stream()
            .map(text -> new TextPair("", delimiter(item) + text))
            .collect(ImmutableList.toImmutableList())
        : ImmutableList.of();
  }

  private Question.Choices contexts(Example item, List<Part> before) {
    String continuation = delimiter(item) + spec.target().render(item.texts());
    ImmutableList.Builder<TextPair> pairs = ImmutableList.builder();
    for (String context : item.choices()) {
      pairs.add(new TextPair(prompt(before, context, item), continuation));
    }
    return new Question.Choices(
        pairs.build(), item.choices(), item.right(), withoutContext(item, item.choices()));
  }

  private Question.Choices target(Example item, List<Part> before) {
    String target = spec.target().render(item.texts());
    return new Question.Choices(
        ImmutableList.of(new TextPair(prompt(before, text(item), item), target)),
        ImmutableList.of(target),
        ImmutableIntArray.of(0),
        ImmutableList.of());
  }

  private Question.Document document(Example item) {
    String text = spec.target().render(item.texts());
    String original = spec.prompt().render(item.texts());
    String counted = original.isEmpty() ? text : original;
    return new Question.Document(
        text, PythonText.words(counted), counted.getBytes(StandardCharsets.UTF_8).length);
  }

  /** In a chat the answer is a message of its own, which nothing divides from its beginning. */
  private String delimiter(Example item) {
    if (chat.isEmpty()) {
      return spec.delimiter();
    }
    String begin = spec.answerBegin().render(item.texts());
    return begin.isEmpty() || endsInSpace(begin) ? "" : spec.delimiter();
  }

  private String prompt(List<Part> before, String question, Example item) {
    String begin = spec.answerBegin().render(item.texts());
    List<Part> parts = new ArrayList<>(before);
    boolean delimited = !begin.isEmpty() && wantsDelimiter(question, begin);
    parts.add(new Part(USER, question, delimited ? spec.delimiter() : ""));
    if (!begin.isEmpty()) {
      parts.add(new Part(ASSISTANT, begin, ""));
    }
    if (chat.isEmpty()) {
      return text(parts);
    }
    ChatStyle style = chat.get();
    return style.format().render(style.asTurns() ? turns(parts) : single(parts), !begin.isEmpty());
  }

  private static String text(List<Part> parts) {
    StringBuilder text = new StringBuilder();
    parts.forEach(part -> text.append(part.content()).append(part.delimiter()));
    return text.toString();
  }

  private static ImmutableList<ChatTurn> turns(List<Part> parts) {
    return parts.stream()
        .map(part -> new ChatTurn(part.role(), part.content()))
        .collect(ImmutableList.toImmutableList());
  }

  /** Returns all but the system's message and the beginning of the answer as one message. */
  private static ImmutableList<ChatTurn> single(List<Part> parts) {
    ImmutableList.Builder<ChatTurn> turns = ImmutableList.builder();
    int first = parts.get(0).role().equals(SYSTEM) ? 1 : 0;
    int end =
        parts.get(parts.size() - 1).role().equals(ASSISTANT) ? parts.size() - 1 : parts.size();
    turns.addAll(turns(parts.subList(0, first)));
    Part last = parts.get(end - 1);
    turns.add(new ChatTurn(USER, text(parts.subList(first, end - 1)) + last.content()));
    turns.addAll(turns(parts.subList(end, parts.size())));
    return turns.build();
  }

  private static String joined(String begin, String answer) {
    if (begin.isEmpty() || answer.isEmpty()) {
      return begin + answer;
    }
    return wantsDelimiter(begin, answer) ? begin + " " + answer : begin + answer;
  }

  private static boolean wantsDelimiter(String before, String after) {
    return !before.isEmpty()
        && !after.isEmpty()
        && !endsInSpace(before)
        && !PythonText.SPACE.matches(after.charAt(0));
  }

  private static boolean endsInSpace(String text) {
    return !text.isEmpty() && PythonText.SPACE.matches(text.charAt(text.length() - 1));
  }
}
