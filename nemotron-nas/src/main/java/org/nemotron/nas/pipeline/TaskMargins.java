package org.nemotron.nas.pipeline;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableDoubleArray;
import java.util.List;
import java.util.stream.IntStream;
import org.nemotron.core.eval.Likelihood;
import org.nemotron.core.eval.SequenceModel;
import org.nemotron.core.eval.task.BenchmarkRun;
import org.nemotron.core.eval.task.BosPolicy;
import org.nemotron.core.eval.task.EncodedItem;
import org.nemotron.core.eval.task.ItemAnswer;
import org.nemotron.core.eval.task.ItemEncoder;
import org.nemotron.core.eval.task.Question;
import org.nemotron.core.eval.task.TaskItem;
import org.nemotron.core.inference.InferenceBackend;
import org.nemotron.core.inference.WeightSource;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.text.Tokenizer;
import org.nemotron.nas.score.Score;

/**
 * How clearly models tell right answers from wrong ones: for each item the log-likelihood of the
 * likeliest right answer less that of the likeliest wrong one, in nats; of an item with right
 * answers only, the log-likelihood itself. Smoother than accuracy, which few replacements of one
 * block change.
 */
final class TaskMargins {
  private final ImmutableList<EncodedItem> items;
  private final Tokenizer tokenizer;
  private final InferenceBackend backend;

  /**
   * Prepares the items.
   *
   * @param items with choices; at least one
   * @param maxLength the most tokens that the models read at once
   */
  TaskMargins(List<TaskItem> items, Tokenizer tokenizer, int maxLength, InferenceBackend backend) {
    ItemEncoder encoder = new ItemEncoder(tokenizer, maxLength, BosPolicy.TOKENIZER);
    this.items = items.stream().map(encoder::encode).collect(ImmutableList.toImmutableList());
    this.tokenizer = tokenizer;
    this.backend = backend;
  }

  /** Returns the margin of each item. */
  ImmutableDoubleArray of(HeterogeneousModel model) {
    try (SequenceModel sequences =
        SequenceModel.builder(tokenizer, model.spec(), WeightSource.of(model), backend).build()) {
      ImmutableList<ItemAnswer> answers = BenchmarkRun.answers(items, sequences);
      ImmutableDoubleArray.Builder margins = ImmutableDoubleArray.builder(items.size());
      for (int index = 0; index < items.size(); index++) {
        margins.add(
            margin(
                (Question.Choices) items.get(index).item().question(),
                answers.get(index).likelihoods()));
      }
      return margins.build();
    }
  }

  /** Returns the margin of an item whose choices have these likelihoods. */
  static double margin(Question.Choices question, List<Likelihood> likelihoods) {
    double right = Double.NEGATIVE_INFINITY;
    double wrong = Double.NEGATIVE_INFINITY;
    for (int choice = 0; choice < question.pairs().size(); choice++) {
      double sum = likelihoods.get(choice).logProbability();
      if (question.right().contains(choice)) {
        right = Math.max(right, sum);
      } else {
        wrong = Math.max(wrong, sum);
      }
    }
    return wrong == Double.NEGATIVE_INFINITY ? right : right - wrong;
  }

  /**
   * Returns by how much a model's margins are smaller than the parent's, in the mean over items,
   * with the standard error of the paired differences.
   */
  static Score.Measure degradation(ImmutableDoubleArray parent, ImmutableDoubleArray model) {
    int count = parent.length();
    checkArgument(
        model.length() == count && count > 0,
        "margins of %s and %s items must be of the same items, at least one",
        count,
        model.length());
    double mean =
        IntStream.range(0, count).mapToDouble(i -> parent.get(i) - model.get(i)).sum() / count;
    double squares =
        IntStream.range(0, count)
            .mapToDouble(i -> parent.get(i) - model.get(i) - mean)
            .map(difference -> difference * difference)
            .sum();
    return new Score.Measure(mean, count == 1 ? 0 : Math.sqrt(squares / (count - 1) / count));
  }
}
