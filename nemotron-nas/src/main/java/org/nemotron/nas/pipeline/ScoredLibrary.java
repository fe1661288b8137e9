package org.nemotron.nas.pipeline;

import org.nemotron.nas.score.ScoreTable;

/** A library that children are assembled from, and the scores of all its candidates. */
record ScoredLibrary(TrainedLibrary trained, ScoreTable scores) {}
