package org.nemotron.nas.distill;

import com.google.common.collect.ImmutableMap;

/**
 * What one step of a training showed. Immutable. Values may be NaN or infinite, as they were.
 *
 * @param step from 0
 * @param tokens of its batch
 * @param loss the whole; in local distillation the mean over the candidates that still train
 * @param terms parts of the loss and other figures of the step, by name
 */
public record TrainingStep(
    long step, long tokens, double loss, ImmutableMap<String, Double> terms) {
  /** The norm of all gradients before clipping, among the terms of global distillation. */
  public static final String GRADIENT_NORM = "gradientNorm";
}
