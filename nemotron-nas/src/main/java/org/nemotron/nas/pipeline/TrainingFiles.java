package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.nas.distill.CandidateTraining;
import org.nemotron.nas.distill.LocalDistillation;
import org.nemotron.nas.library.BlockLibrary;
import org.nemotron.nas.library.Candidate;
import org.nemotron.nas.library.LibraryFiles;

/** The files of a local distillation: the candidates trained, and how their trainings went. */
record TrainingFiles(Path directory) {
  private Path curves() {
    return directory.resolve("trainings.json");
  }

  /** Writes {@code candidates} as {@code trained}, which is closed, and returns the files. */
  ImmutableList<Path> write(
      LocalDistillation trained, Set<? extends Candidate> candidates, PipelineListener listener)
      throws IOException {
    try (BlockLibrary library = trained.library()) {
      for (CandidateTraining training : trained.trainings()) {
        String outcome = training.metNonFinite() ? "; it is left out" : "";
        training.stop().forEach(stop -> listener.message(sentence(training, stop) + outcome));
      }
      ImmutableList<Path> files = LibraryFiles.write(library, candidates, directory);
      TableFiles.writeTrainings(curves(), trained.trainings());
      return ImmutableList.<Path>builder().addAll(files).add(curves()).build();
    }
  }

  /** Returns the candidates as a library of {@code parent}; the caller closes it. */
  BlockLibrary library(HeterogeneousModel parent) throws IOException {
    return LibraryFiles.read(directory, parent);
  }

  /** Returns how the trainings went. */
  ImmutableList<CandidateTraining> trainings() throws IOException {
    return TableFiles.readTrainings(curves());
  }

  /** Returns a sentence for each candidate that met a value that was not finite. */
  ImmutableList<String> notFinite() throws IOException {
    return trainings().stream()
        .filter(CandidateTraining::metNonFinite)
        .flatMap(training -> training.stop().stream().map(stop -> sentence(training, stop)))
        .collect(ImmutableList.toImmutableList());
  }

  private static String sentence(CandidateTraining training, CandidateTraining.Stop stop) {
    return training.candidate().id() + " was stopped at step " + stop.step() + ": " + stop.reason();
  }
}
