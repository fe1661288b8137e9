package org.nemotron.nas.score;

/**
 * The quality of a whole model on held-out text. Immutable.
 *
 * @param klNats mean over tokens of KL(parent ‖ model); 0 for the parent
 * @param klStandardError of {@code klNats}, over sequences
 * @param lossNats mean next-token loss
 * @param accuracy share of tokens whose likeliest prediction is the actual token
 */
public record ModelQuality(
    double klNats, double klStandardError, double lossNats, double accuracy) {}
