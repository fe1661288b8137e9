package org.nemotron.core.eval.task;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;

/**
 * A record of a data set in the form that a task's prompts are made of.
 *
 * @param texts the fields of the prompt; never changed
 * @param choices the answers, or the contexts, to choose from; empty where the model writes
 * @param right the indices of the right choices
 */
record Example(JsonNode texts, ImmutableList<String> choices, ImmutableIntArray right) {}
