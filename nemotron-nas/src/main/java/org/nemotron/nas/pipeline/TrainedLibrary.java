package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Sets;
import java.util.Set;
import org.nemotron.core.provenance.Fingerprint;
import org.nemotron.nas.distill.CandidateTraining;
import org.nemotron.nas.library.BlockLibrary;
import org.nemotron.nas.library.Candidate;

/**
 * A library with the trainings that made it.
 *
 * @param fingerprint of all that both depend on
 */
record TrainedLibrary(
    BlockLibrary library, ImmutableList<CandidateTraining> trainings, Fingerprint fingerprint)
    implements AutoCloseable {
  /** Returns those of {@code candidates} whose training met no value that was not finite. */
  ImmutableSet<Candidate> finite(Set<? extends Candidate> candidates) {
    ImmutableSet<Candidate> broken =
        trainings.stream()
            .filter(CandidateTraining::metNonFinite)
            .map(CandidateTraining::candidate)
            .collect(ImmutableSet.toImmutableSet());
    return ImmutableSet.copyOf(Sets.difference(candidates, broken));
  }

  @Override
  public void close() {
    library.close();
  }
}
