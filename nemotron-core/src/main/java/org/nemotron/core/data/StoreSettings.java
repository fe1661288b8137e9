package org.nemotron.core.data;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;

/**
 * What a token store is made of. Immutable.
 *
 * @param sources at least one
 * @param badRecords what is done about records that cannot be used
 * @param trainingTokens how much there is to learn from, at most; each source is read until it has
 *     the part that its weight gives it, or ends
 * @param validationShare of the documents
 * @param heldOutShare of the documents
 */
public record StoreSettings(
    ImmutableList<DocumentSource> sources,
    BadRecords badRecords,
    long trainingTokens,
    double validationShare,
    double heldOutShare) {
  /** Checks the ranges. */
  public StoreSettings {
    checkArgument(!sources.isEmpty(), "sources must name at least one source");
    checkArgument(trainingTokens > 0, "trainingTokens (%s) must be positive", trainingTokens);
    checkArgument(
        validationShare >= 0 && heldOutShare >= 0 && validationShare + heldOutShare < 1,
        "validationShare (%s) and heldOutShare (%s) must not be negative, and below 1 together",
        validationShare,
        heldOutShare);
  }

  /** Returns how many tokens to learn from a source has at most. */
  public long trainingTokens(int source) {
    double sum = sources.stream().mapToDouble(DocumentSource::weight).sum();
    return (long) Math.ceil(trainingTokens * (sources.get(source).weight() / sum));
  }

  /** Returns the part that a document with this hash belongs to. */
  Part part(long hash) {
    double place = (hash >>> 11) * 0x1p-53;
    return place < heldOutShare
        ? Part.HELD_OUT
        : place < heldOutShare + validationShare ? Part.VALIDATION : Part.TRAINING;
  }
}
