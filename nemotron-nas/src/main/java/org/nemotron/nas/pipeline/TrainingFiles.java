package org.nemotron.nas.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Sets;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.nemotron.core.distributed.Communicator;
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

  /**
   * Writes {@code candidates} as {@code trained}, which is closed: each rank the weights of its
   * own, and rank 0 the rest. Returns the files of all on rank 0.
   */
  ImmutableList<Path> write(
      LocalDistillation trained, Set<? extends Candidate> candidates, RunContext run)
      throws IOException {
    try (BlockLibrary library = trained.library()) {
      Set<? extends Candidate> own = Sets.intersection(library.trained(), candidates);
      LibraryFiles.writeWeights(library, own, directory);
      ImmutableSet<String> ids = gathered(run.ranks(), own);
      ArrayNode trainings = gathered(run.ranks(), trained.trainings(), candidates);
      if (run.ranks().rank() > 0) {
        return ImmutableList.of();
      }
      for (CandidateTraining training : TableFiles.trainings(trainings)) {
        String outcome = training.metNonFinite() ? "; it is left out" : "";
        training.stop().forEach(stop -> run.listener().message(sentence(training, stop) + outcome));
      }
      ImmutableSet<Candidate> all =
          candidates.stream()
              .filter(candidate -> ids.contains(candidate.id()))
              .collect(ImmutableSet.toImmutableSet());
      ImmutableList<Path> files = LibraryFiles.writeManifest(library, candidates, all, directory);
      TableFiles.writeTrainings(curves(), trainings);
      return ImmutableList.<Path>builder().addAll(files).add(curves()).build();
    }
  }

  private static ImmutableSet<String> gathered(Communicator ranks, Set<? extends Candidate> own) {
    String ids = own.stream().map(Candidate::id).collect(Collectors.joining(" "));
    return ranks.gathered("the weights of the candidates", ids).stream()
        .flatMap(some -> Splitter.on(' ').omitEmptyStrings().splitToStream(some))
        .collect(ImmutableSet.toImmutableSet());
  }

  /** Returns the trainings of all ranks, in the order of {@code candidates}. */
  private static ArrayNode gathered(
      Communicator ranks, ImmutableList<CandidateTraining> own, Set<? extends Candidate> candidates)
      throws IOException {
    String text = PlanFiles.JSON.writeValueAsString(TableFiles.trainings(own));
    Map<String, JsonNode> byId = new HashMap<>();
    for (String some : ranks.gathered("the trainings of the candidates", text)) {
      PlanFiles.JSON.readTree(some).forEach(entry -> byId.put(entry.path("id").asText(), entry));
    }
    ArrayNode all = PlanFiles.JSON.createArrayNode();
    for (Candidate candidate : candidates) {
      JsonNode entry = byId.get(candidate.id());
      if (entry != null) {
        all.add(entry);
      }
    }
    return all;
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
