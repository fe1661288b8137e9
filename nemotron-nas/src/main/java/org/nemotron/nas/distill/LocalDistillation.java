package org.nemotron.nas.distill;

import com.google.common.collect.ImmutableList;
import org.nemotron.nas.library.BlockLibrary;

/**
 * A library with trained candidates, and the record of each training; the caller closes the
 * library.
 *
 * @param library the candidates; one that was stopped has its starting weights
 * @param trainings one entry per candidate trained
 */
public record LocalDistillation(BlockLibrary library, ImmutableList<CandidateTraining> trainings) {}
