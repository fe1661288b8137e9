package org.nemotron.nas.pipeline;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import java.util.List;
import org.nemotron.core.data.BadRecords;
import org.nemotron.core.data.DocumentSource;
import org.nemotron.core.data.Packing;
import org.nemotron.core.data.StoreSettings;

/**
 * Documents to learn from as people have them: JSON lines, Parquet, texts, conversations, tokens.
 * They are tokenized once, into a store in the run's directory. Immutable.
 *
 * @param sources files by kind, each with its weight; none where a plan names texts instead
 * @param badRecords what is done about records that cannot be used
 * @param packing how windows are cut from documents
 * @param validationShare of the documents, kept for scores and for choosing the best child
 * @param heldOutShare of the documents, which nothing is learned or chosen by; the report measures
 *     on them
 */
public record DocumentPlan(
    ImmutableList<DocumentSource> sources,
    BadRecords badRecords,
    Packing packing,
    double validationShare,
    double heldOutShare) {
  /** No documents. */
  public static final DocumentPlan NONE =
      new DocumentPlan(ImmutableList.of(), BadRecords.REFUSE, Packing.ACROSS_DOCUMENTS, 0.01, 0.01);

  /** Checks the shares. */
  public DocumentPlan {
    checkArgument(
        validationShare > 0 && heldOutShare >= 0 && validationShare + heldOutShare < 1,
        "validationShare (%s) must be positive, heldOutShare (%s) not negative, and both below 1"
            + " together",
        validationShare,
        heldOutShare);
  }

  /** Returns the default settings with these sources. */
  public static DocumentPlan of(DocumentSource... sources) {
    return NONE.withSources(List.of(sources));
  }

  /** Returns the same with other sources. */
  public DocumentPlan withSources(List<DocumentSource> others) {
    return new DocumentPlan(
        ImmutableList.copyOf(others), badRecords, packing, validationShare, heldOutShare);
  }

  /** Returns the same which does something else about bad records. */
  public DocumentPlan withBadRecords(BadRecords other) {
    return new DocumentPlan(sources, other, packing, validationShare, heldOutShare);
  }

  /** Returns the same with windows cut in another way. */
  public DocumentPlan withPacking(Packing other) {
    return new DocumentPlan(sources, badRecords, other, validationShare, heldOutShare);
  }

  /** Returns the same with other shares of documents that are not learned from. */
  public DocumentPlan withShares(double validation, double heldOut) {
    return new DocumentPlan(sources, badRecords, packing, validation, heldOut);
  }

  /** Returns whether there are any. */
  boolean isUsed() {
    return !sources.isEmpty();
  }

  StoreSettings store(long trainingTokens) {
    return new StoreSettings(sources, badRecords, trainingTokens, validationShare, heldOutShare);
  }
}
