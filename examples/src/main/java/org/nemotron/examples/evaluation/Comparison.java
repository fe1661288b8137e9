package org.nemotron.examples.evaluation;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import org.nemotron.core.eval.run.BenchmarkFigure;
import org.nemotron.core.eval.stats.Bootstrap;
import org.nemotron.core.eval.stats.PairedComparison;
import org.nemotron.core.eval.stats.PairedItems;
import org.nemotron.core.eval.stats.Preserved;

/**
 * A model against the first one.
 *
 * @param parent the first model's name
 * @param child the other's
 * @param benchmarks those whose figures are better when larger
 * @param agreements for each of them, the share of items in which both chose the same; NaN where
 *     nothing is chosen
 * @param mean the mean of the ratios
 */
record Comparison(
    String parent,
    String child,
    ImmutableList<PairedComparison> benchmarks,
    ImmutableList<Double> agreements,
    Preserved mean) {

  /** Returns the comparison of each further model with the first. */
  static ImmutableList<Comparison> all(List<ModelResults> models) {
    return models.stream()
        .skip(1)
        .map(child -> of(models.get(0), child))
        .collect(ImmutableList.toImmutableList());
  }

  private static Comparison of(ModelResults parent, ModelResults child) {
    ImmutableList<BenchmarkFigure> ofParent = BenchmarkFigure.of(parent.tasks());
    ImmutableList<BenchmarkFigure> ofChild = BenchmarkFigure.of(child.tasks());
    List<PairedItems> paired = new ArrayList<>();
    ImmutableList.Builder<PairedComparison> compared = ImmutableList.builder();
    ImmutableList.Builder<Double> agreements = ImmutableList.builder();
    for (int index = 0; index < ofParent.size(); index++) {
      BenchmarkFigure figure = ofParent.get(index);
      if (figure.value().higherIsBetter()) {
        PairedItems items = figure.with(ofChild.get(index));
        paired.add(items);
        compared.add(PairedComparison.of(items, Bootstrap.USUAL));
        agreements.add(figure.agreement(ofChild.get(index)));
      }
    }
    return new Comparison(
        parent.name(),
        child.name(),
        compared.build(),
        agreements.build(),
        paired.isEmpty()
            ? new Preserved.NotMeaningful("no task has a figure that is better when larger")
            : PairedComparison.meanPreserved(paired, Bootstrap.USUAL));
  }
}
