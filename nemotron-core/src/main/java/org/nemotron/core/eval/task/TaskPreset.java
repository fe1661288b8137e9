package org.nemotron.core.eval.task;

import com.google.common.collect.ImmutableMap;

/**
 * A selection of tasks with their shots.
 *
 * @param name what it is called by
 * @param about what it is, in words
 * @param tasks the shots of each task or group
 * @param withMtBench whether MT-Bench belongs to it, which is no task
 */
public record TaskPreset(
    String name, String about, ImmutableMap<String, Integer> tasks, boolean withMtBench) {}
