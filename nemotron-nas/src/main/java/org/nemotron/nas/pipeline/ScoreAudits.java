package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.util.ArrayList;
import java.util.List;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.Seed;
import org.nemotron.core.text.EvaluationBatches;
import org.nemotron.nas.library.Architecture;
import org.nemotron.nas.library.BlockLibrary;
import org.nemotron.nas.library.Candidate;
import org.nemotron.nas.report.RunSummary.AdditivityAudit;
import org.nemotron.nas.report.RunSummary.AuditedPair;
import org.nemotron.nas.report.RunSummary.ScoringSpeed;
import org.nemotron.nas.score.AdditivityAuditor;
import org.nemotron.nas.score.BlockScorer;
import org.nemotron.nas.score.ModelEvaluator;
import org.nemotron.nas.score.ModelQuality;
import org.nemotron.nas.score.ScoreTable;

/**
 * Checks of the scores themselves: do they add up, and what did starting at the replaced block
 * save.
 */
final class ScoreAudits {
  static final int SPEED_SAMPLE = 8;

  private final RunInputs inputs;
  private final ScoredLibrary scored;
  private final EvaluationBatches data;

  ScoreAudits(RunContext run, ScoredLibrary scored) {
    this.inputs = run.inputs();
    this.scored = scored;
    this.data = inputs.validationBatches();
  }

  /** Measures pairs of candidates together. */
  AdditivityAudit additivity() {
    ModelEvaluator evaluator = new ModelEvaluator(data, inputs.threads());
    AdditivityAuditor.Audit audit =
        new AdditivityAuditor(evaluator)
            .audit(
                scored.trained().library(),
                scored.scores(),
                inputs.plan().scoring().auditedPairs(),
                new Seed(inputs.plan().execution().seed()).named("audit"));
    ImmutableList.Builder<AuditedPair> pairs = ImmutableList.builder();
    for (AdditivityAuditor.Pair pair : audit.pairs()) {
      pairs.add(
          new AuditedPair(
              pair.first().id(), pair.second().id(), pair.predictedKl(), pair.measuredKl()));
    }
    return new AdditivityAudit(pairs.build(), audit.correlation());
  }

  /** Scores a sample, spread over the layers, in both ways. */
  ScoringSpeed speed() {
    BlockLibrary library = scored.trained().library();
    ImmutableList<Candidate> all =
        library.candidates().stream()
            .filter(scored.scores().scores()::containsKey)
            .collect(ImmutableList.toImmutableList());
    ImmutableSet.Builder<Candidate> sample = ImmutableSet.builder();
    for (int index = 0; index < SPEED_SAMPLE; index++) {
      sample.add(all.get(index * (all.size() - 1) / (SPEED_SAMPLE - 1)));
    }
    ImmutableSet<Candidate> candidates = sample.build();
    BlockScorer scorer = new BlockScorer(inputs.plan().scoring()).withThreads(inputs.threads());
    long start = System.nanoTime();
    ScoreTable suffix = scorer.score(library, candidates, data);
    long between = System.nanoTime();
    ImmutableList<ModelQuality> full = fullForward(library, candidates);
    long end = System.nanoTime();
    return new ScoringSpeed(
        (between - start) / 1e9,
        (end - between) / 1e9,
        Math.min(suffix.scores().size(), full.size()));
  }

  private ImmutableList<ModelQuality> fullForward(
      BlockLibrary library, ImmutableSet<Candidate> candidates) {
    List<HeterogeneousModel> hybrids = new ArrayList<>();
    try {
      for (Candidate candidate : candidates) {
        hybrids.add(library.assemble(Architecture.ofOne(inputs.parent().spec(), candidate)));
      }
      return new ModelEvaluator(data, inputs.threads()).evaluate(inputs.parent(), hybrids);
    } finally {
      hybrids.forEach(HeterogeneousModel::close);
    }
  }
}
