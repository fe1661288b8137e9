package org.nemotron.runtime.server.wire;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import org.nemotron.runtime.grammar.AnswerFormat;
import org.nemotron.runtime.sampling.SamplingParams;

/**
 * What completions and chat have in common. Immutable.
 *
 * @param model the name that was asked for; empty for none
 * @param n how many answers to each prompt
 * @param maxTokens how many tokens an answer may have; {@link #TO_THE_END} for all that fit
 * @param exactTokens whether a prompt that leaves less room is refused
 * @param sampling how tokens are chosen; the seed is that of the first answer
 * @param stops texts that end an answer
 * @param stopTokens tokens that end an answer
 * @param includeStop whether what ended an answer is part of it
 * @param minTokens how many tokens an answer has at least
 * @param cacheSalt only requests of equal salts share the KV cache
 * @param format the form that an answer must have; at most one
 * @param formatField the field that says so
 * @param ignoreEndTokens whether an answer goes on where the model would end it
 * @param keepTokens how many of the prompt's last tokens are read; {@link #TO_THE_END} for all
 * @param stream whether the answer comes as events
 * @param includeUsage whether a last event has the counts of tokens
 * @param continuousUsage whether every event has them
 * @param logProbs whether the answer has the log-probabilities of its tokens
 * @param returnTokenIds whether the answer has the ids of its tokens and of the prompt's
 * @param tokensAsIds whether log-probabilities name tokens by id
 * @param specialTokens whether the text has special tokens
 * @param promptLogProbs how many likeliest tokens are reported with each token of the prompt;
 *     negative for no such report
 * @param badWords texts that the answer must not have
 */
public record GenerationOptions(
    String model,
    int n,
    int maxTokens,
    boolean exactTokens,
    SamplingParams sampling,
    ImmutableList<String> stops,
    ImmutableSet<Integer> stopTokens,
    boolean includeStop,
    int minTokens,
    String cacheSalt,
    ImmutableList<AnswerFormat> format,
    String formatField,
    boolean ignoreEndTokens,
    int keepTokens,
    boolean stream,
    boolean includeUsage,
    boolean continuousUsage,
    boolean logProbs,
    boolean returnTokenIds,
    boolean tokensAsIds,
    boolean specialTokens,
    int promptLogProbs,
    ImmutableList<String> badWords) {
  /** As much as there is room for. */
  public static final int TO_THE_END = -1;
}
