package org.nemotron.nas.pipeline;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.nas.cost.CostTable;
import org.nemotron.nas.library.Architecture;
import org.nemotron.nas.library.BlockChoice;
import org.nemotron.nas.library.BlockKinds;
import org.nemotron.nas.library.Candidate;
import org.nemotron.nas.score.Score;
import org.nemotron.nas.score.ScoreTable;
import org.nemotron.nas.search.Alternative;
import org.nemotron.nas.search.Budget;
import org.nemotron.nas.search.Choice;
import org.nemotron.nas.search.PuzzleSearch;
import org.nemotron.nas.search.Rule;
import org.nemotron.nas.search.SearchProblem;
import org.nemotron.nas.search.Solution;

/**
 * The tables of candidates as a search problem, and its solutions as architectures.
 *
 * <p>A layer's alternatives are all pairs of its attentions and its FFNs, the parent's own among
 * them, their scores added; where a pair was trained and scored together, that score stands
 * instead. Each is of the kinds that {@link BlockKinds} lists, so that {@code
 * Rule.atMost("attention.noop", 3)} can be added to the problem.
 */
public final class ArchitectureProblem {
  private final ModelSpec parent;
  private final ScoreTable scores;
  private final CostTable costs;
  private final Score.Metric metric;
  private final ImmutableMap<String, BlockChoice> choices;

  /**
   * Makes the problem of the candidates that have a score.
   *
   * @param parent what they stand in for
   * @param metric by what degradation is measured
   * @throws IllegalArgumentException if a candidate has no score by {@code metric}
   */
  public ArchitectureProblem(
      ModelSpec parent, ScoreTable scores, CostTable costs, Score.Metric metric) {
    this.parent = parent;
    this.scores = scores;
    this.costs = costs;
    this.metric = metric;
    scores.scores().values().forEach(score -> checkMeasured(score, metric));
    Map<String, BlockChoice> all = new LinkedHashMap<>();
    for (int layer = 0; layer < parent.layers(); layer++) {
      for (BlockChoice choice : choices(layer)) {
        all.put(choice.id(), choice);
      }
    }
    this.choices = ImmutableMap.copyOf(all);
  }

  private static void checkMeasured(Score score, Score.Metric metric) {
    double unused = score.degradation(metric);
  }

  /** Returns the costs that the problem counts with. */
  public CostTable costs() {
    return costs;
  }

  /** Returns the problem within {@code budgets}. */
  public SearchProblem within(List<Budget> budgets) {
    List<List<Alternative>> layers = new ArrayList<>();
    for (int layer = 0; layer < parent.layers(); layer++) {
      layers.add(new ArrayList<>());
    }
    choices.forEach((id, choice) -> layers.get(choice.layer()).add(alternative(id, choice)));
    return SearchProblem.builder()
        .layers(layers)
        .fixedCosts(costs.fixedCosts(parent))
        .budgets(budgets)
        .build();
  }

  /**
   * Returns the problem of generating at least {@code factor} times as fast as the parent.
   *
   * @param factor a finite number more than 0
   */
  public SearchProblem faster(double factor) {
    checkArgument(
        factor > 0 && Double.isFinite(factor),
        "factor (%s) must be a finite number more than 0",
        factor);
    double parentNanos = costs.latency(parent).scenarioNanos(costs.scenario());
    return within(ImmutableList.of(Budget.atMost(CostTable.LATENCY_NANOS, parentNanos / factor)));
  }

  /**
   * Returns {@code architecture} as a solution of this problem within {@code budgets}.
   *
   * @param best what the search has found within them, whose bound holds for all
   * @throws IllegalArgumentException if a choice is no alternative of this problem
   */
  Solution solution(Architecture architecture, List<Budget> budgets, Solution best) {
    ImmutableList<Rule> only =
        architecture.choices().stream()
            .map(choice -> new Rule.Force(choice.layer(), choice.id()))
            .collect(ImmutableList.toImmutableList());
    Solution same =
        PuzzleSearch.create().solve(within(budgets).toBuilder().rules(only).build()).orElseThrow();
    double bound = Math.min(best.bound(), same.score());
    double gap = same.score() == bound ? 0 : (same.score() - bound) / Math.abs(same.score());
    return new Solution(same.choices(), same.score(), bound, gap, same.costs());
  }

  /** Returns the architecture that {@code solution} of this problem describes. */
  public Architecture architecture(Solution solution) {
    ImmutableList.Builder<BlockChoice> chosen = ImmutableList.builder();
    for (Choice choice : solution.choices()) {
      chosen.add(blockChoice(choice.alternative()));
    }
    return new Architecture(chosen.build());
  }

  /**
   * Returns the architecture of the alternatives with these ids, in the order of the layers.
   *
   * @throws IllegalArgumentException if this problem has no alternative of an id
   */
  Architecture architecture(List<String> ids) {
    return new Architecture(
        ids.stream().map(this::blockChoice).collect(ImmutableList.toImmutableList()));
  }

  /**
   * Returns the block that {@code alternative} of this problem, or of a solution of it, stands for.
   *
   * @throws IllegalArgumentException if this problem has no alternative of its id
   */
  public BlockChoice blockChoice(Alternative alternative) {
    return blockChoice(alternative.id());
  }

  private BlockChoice blockChoice(String id) {
    BlockChoice choice = choices.get(id);
    checkArgument(choice != null, "%s is no alternative of this problem", id);
    return choice;
  }

  private Alternative alternative(String id, BlockChoice choice) {
    Score score = scores.score(parent, choice);
    return Alternative.of(id, score.degradation(metric), costs.costs(choice.spec(), parent.width()))
        .withStandardError(score.standardError(metric))
        .covering(choice.layers())
        .ofKinds(BlockKinds.of(parent, choice).toArray(new String[0]));
  }

  private List<BlockChoice> choices(int layer) {
    BlockSpec own = parent.block(layer);
    Set<AttentionSpec> attentions = new LinkedHashSet<>(List.of(own.attention()));
    Set<FfnSpec> ffns = new LinkedHashSet<>(List.of(own.ffn()));
    Set<BlockChoice> trained = new LinkedHashSet<>();
    for (Candidate candidate : scored(layer)) {
      boolean unused = candidate.accept(new Sorted(attentions, ffns, trained));
    }
    List<BlockChoice> found = new ArrayList<>();
    for (AttentionSpec attention : attentions) {
      for (FfnSpec ffn : ffns) {
        BlockSpec pair = new BlockSpec(attention, ffn);
        if (!trained.contains(new BlockChoice.Coupled(layer, pair))) {
          found.add(apart(layer, own, pair));
        }
      }
    }
    found.addAll(trained);
    return found;
  }

  private ImmutableSet<Candidate> scored(int layer) {
    return scores.scores().keySet().stream()
        .filter(candidate -> candidate.layer() == layer)
        .collect(ImmutableSet.toImmutableSet());
  }

  private static BlockChoice apart(int layer, BlockSpec own, BlockSpec pair) {
    return pair.equals(own)
        ? new BlockChoice.Parent(layer, pair)
        : new BlockChoice.Decoupled(layer, pair);
  }

  /** Puts a candidate with its kind. */
  private record Sorted(Set<AttentionSpec> attentions, Set<FfnSpec> ffns, Set<BlockChoice> trained)
      implements Candidate.Visitor<Boolean> {
    @Override
    public Boolean visit(Candidate.Attention candidate) {
      return attentions.add(candidate.spec());
    }

    @Override
    public Boolean visit(Candidate.Ffn candidate) {
      return ffns.add(candidate.spec());
    }

    @Override
    public Boolean visit(Candidate.Block candidate) {
      return trained.add(new BlockChoice.Coupled(candidate.layer(), candidate.spec()));
    }

    @Override
    public Boolean visit(Candidate.MultiLayer candidate) {
      return trained.add(
          new BlockChoice.MultiLayer(candidate.layer(), candidate.layers(), candidate.spec()));
    }
  }
}
