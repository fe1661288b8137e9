package org.nemotron.examples.evaluation;

import com.google.common.collect.ImmutableList;
import org.nemotron.core.eval.ModelEffort;
import org.nemotron.core.eval.task.TaskResult;

/**
 * What one model reached.
 *
 * @param name the path as it was given
 * @param fingerprint of its files, its device and its format
 * @param device where it was computed
 * @param format how its weights were held
 * @param maxLength the most tokens that it reads at once
 * @param tasks its figures
 * @param effort what was done for them
 * @param reused how many items were in the log already
 */
record ModelResults(
    String name,
    String fingerprint,
    String device,
    String format,
    int maxLength,
    ImmutableList<TaskResult> tasks,
    ModelEffort effort,
    long reused) {}
