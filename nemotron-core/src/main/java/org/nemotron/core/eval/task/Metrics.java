package org.nemotron.core.eval.task;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.ImmutableDoubleArray;
import java.nio.charset.StandardCharsets;
import java.util.function.BiPredicate;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.nemotron.core.eval.GeneratedText;
import org.nemotron.core.eval.Likelihood;
import org.nemotron.core.eval.task.Metric.Aggregation;

/** The metrics by their names. */
final class Metrics {
  static final String MUTUAL_INFORMATION = "acc_mutual_info";
  private static final String EXACT_MATCH = "exact_match";
  private static final String ROUGE_L = "rougeL";
  private static final String INVALID = "invalid";
  private static final String CUT_BY_LENGTH = "cut_by_length";

  private static final ImmutableMap<String, Metric> OF_CHOICES =
      byName(
          chosen("acc", (question, answer) -> sums(question, answer)),
          chosen("acc_norm", (question, answer) -> per(question, answer, PythonText::length)),
          chosen("acc_bytes", (question, answer) -> per(question, answer, Metrics::bytes)),
          chosen(MUTUAL_INFORMATION, Metrics::mutualInformation),
          mean("mc2", (question, answer) -> shareOfRight(choices(question), answer)),
          mean(EXACT_MATCH, (question, answer) -> greedy(choices(question), answer)));

  private static final ImmutableMap<String, Metric> OF_TARGETS =
      byName(
          mean("acc", (question, answer) -> answer.likelihoods().get(0).greedy() ? 1 : 0),
          new Metric("perplexity", Aggregation.PERPLEXITY, (question, answer) -> sum(answer)));

  private static final ImmutableMap<String, Metric> OF_DOCUMENTS =
      byName(
          new Metric(
              "word_perplexity", Aggregation.WORD_PERPLEXITY, (question, answer) -> sum(answer)),
          new Metric(
              "byte_perplexity", Aggregation.BYTE_PERPLEXITY, (question, answer) -> sum(answer)),
          new Metric(
              "bits_per_byte", Aggregation.BITS_PER_BYTE, (question, answer) -> sum(answer)));

  private Metrics() {}

  /** Returns the metrics of a name, one for each filter of answers; none if there is no such. */
  static ImmutableList<Metric> of(String name, Asks asks, AnswerSpec answers) {
    if (asks == Asks.GENERATION) {
      return ofGenerations(name, answers);
    }
    Metric metric = table(asks).get(name);
    return metric == null ? ImmutableList.of() : ImmutableList.of(metric);
  }

  /** Returns the names that a task may use. */
  static ImmutableList<String> names(Asks asks) {
    return asks == Asks.GENERATION
        ? ImmutableList.of(EXACT_MATCH, ROUGE_L, INVALID, CUT_BY_LENGTH)
        : table(asks).keySet().asList();
  }

  private static ImmutableMap<String, Metric> table(Asks asks) {
    return switch (asks) {
      case CHOICES, CONTEXTS -> OF_CHOICES;
      case TARGET -> OF_TARGETS;
      case DOCUMENT -> OF_DOCUMENTS;
      case GENERATION -> ImmutableMap.of();
    };
  }

  private static ImmutableList<Metric> ofGenerations(String name, AnswerSpec answers) {
    return switch (name) {
      case ROUGE_L ->
          ImmutableList.of(
              mean(name, (question, answer) -> RougeL.score(written(answer), target(question))));
      case CUT_BY_LENGTH ->
          ImmutableList.of(
              new Metric(name, Aggregation.SHARE, (question, answer) -> cutByLength(answer)));
      case INVALID ->
          perFilter(
              answers,
              filter ->
                  share(
                      name + "," + filter.name(),
                      (question, answer) ->
                          filter.find(written(answer)).equals(AnswerSpec.INVALID)));
      case EXACT_MATCH -> exactMatches(answers);
      default -> ImmutableList.of();
    };
  }

  private static ImmutableList<Metric> exactMatches(AnswerSpec answers) {
    if (answers.filters().isEmpty()) {
      return ImmutableList.of(
          mean(
              EXACT_MATCH,
              (question, answer) -> match(answers, written(answer), target(question))));
    }
    return perFilter(
        answers,
        filter ->
            mean(
                EXACT_MATCH + "," + filter.name(),
                (question, answer) ->
                    match(answers, filter.find(written(answer)), target(question))));
  }

  private static ImmutableList<Metric> perFilter(
      AnswerSpec answers, Function<AnswerSpec.Filter, Metric> metric) {
    return answers.filters().stream().map(metric).collect(ImmutableList.toImmutableList());
  }

  /** A share that is better the smaller it is. */
  private static Metric share(String name, BiPredicate<Question, ItemAnswer> holds) {
    return new Metric(
        name, Aggregation.SHARE, (question, answer) -> holds.test(question, answer) ? 1 : 0);
  }

  /** Returns the share of the texts that were cut. */
  private static double cutByLength(ItemAnswer answer) {
    return answer.texts().stream()
        .mapToDouble(text -> text.ending() == GeneratedText.Ending.LENGTH ? 1 : 0)
        .average()
        .orElse(0);
  }

  private static double match(AnswerSpec answers, String answer, String target) {
    return answers.same(answer, target) ? 1 : 0;
  }

  private static String written(ItemAnswer answer) {
    return answer.texts().get(0).text();
  }

  private static String target(Question question) {
    return ((Question.Generation) question).target();
  }

  /** Returns the index of the choice with the greatest sum, the first of several. */
  static int chosen(Question.Choices question, ItemAnswer answer) {
    return argmax(sums(question, answer));
  }

  /** A score for each choice. */
  @FunctionalInterface
  private interface ChoiceScores {
    ImmutableDoubleArray of(Question.Choices question, ItemAnswer answer);
  }

  private static Metric chosen(String name, ChoiceScores scores) {
    return mean(
        name,
        (question, answer) ->
            choices(question).right().contains(argmax(scores.of(choices(question), answer)))
                ? 1
                : 0);
  }

  private static Metric mean(String name, Metric.Score score) {
    return new Metric(name, Aggregation.MEAN, score);
  }

  private static ImmutableMap<String, Metric> byName(Metric... metrics) {
    ImmutableMap.Builder<String, Metric> table = ImmutableMap.builder();
    for (Metric metric : metrics) {
      table.put(metric.name(), metric);
    }
    return table.buildOrThrow();
  }

  private static Question.Choices choices(Question question) {
    return (Question.Choices) question;
  }

  private static double sum(ItemAnswer answer) {
    return answer.likelihoods().stream().mapToDouble(Likelihood::logProbability).sum();
  }

  private static ImmutableDoubleArray sums(Question.Choices question, ItemAnswer answer) {
    return ImmutableDoubleArray.copyOf(
        answer.likelihoods().stream()
            .limit(question.choices().size())
            .mapToDouble(Likelihood::logProbability));
  }

  private static ImmutableDoubleArray per(
      Question.Choices question, ItemAnswer answer, ToDoubleFunction<String> length) {
    ImmutableDoubleArray.Builder scores = ImmutableDoubleArray.builder();
    for (int i = 0; i < question.choices().size(); i++) {
      scores.add(
          answer.likelihoods().get(i).logProbability()
              / length.applyAsDouble(question.choices().get(i)));
    }
    return scores.build();
  }

  private static double bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  private static ImmutableDoubleArray mutualInformation(
      Question.Choices question, ItemAnswer answer) {
    int count = question.choices().size();
    ImmutableDoubleArray.Builder scores = ImmutableDoubleArray.builder();
    for (int i = 0; i < count; i++) {
      scores.add(
          answer.likelihoods().get(i).logProbability()
              - answer.likelihoods().get(count + i).logProbability());
    }
    return scores.build();
  }

  /** Returns the share of the right choices in the sum of all choices' probabilities. */
  private static double shareOfRight(Question.Choices question, ItemAnswer answer) {
    ImmutableDoubleArray sums = sums(question, answer);
    double greatest = sums.get(argmax(sums));
    double all = sums.stream().map(sum -> Math.exp(sum - greatest)).sum();
    return question.right().stream().mapToDouble(i -> Math.exp(sums.get(i) - greatest)).sum() / all;
  }

  private static double greedy(Question.Choices question, ItemAnswer answer) {
    return question.right().stream().anyMatch(i -> answer.likelihoods().get(i).greedy()) ? 1 : 0;
  }

  private static int argmax(ImmutableDoubleArray scores) {
    int best = 0;
    for (int i = 1; i < scores.length(); i++) {
      if (scores.get(i) > scores.get(best)) {
        best = i;
      }
    }
    return best;
  }
}
