package org.nemotron.core.eval.task;

import com.google.common.collect.ImmutableList;
import org.nemotron.core.eval.GenerationRequest;
import org.nemotron.core.eval.LikelihoodRequest;

/**
 * An item as requests of token ids.
 *
 * @param item the item
 * @param likelihoods the continuations to score
 * @param generations the prompts to continue
 * @param truncated how many of the prompts were cut from the left to fit the model
 * @param empty how many contexts were empty, so that the prefix token stands for them
 * @param retokenized how many contexts have other tokens alone than before their continuation
 */
public record EncodedItem(
    TaskItem item,
    ImmutableList<LikelihoodRequest> likelihoods,
    ImmutableList<GenerationRequest> generations,
    int truncated,
    int empty,
    int retokenized) {}
