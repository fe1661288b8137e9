package org.nemotron.core.eval.task;

/**
 * How prompts become conversations.
 *
 * @param format the model's chat template
 * @param asTurns whether shots are messages of their own; otherwise all of a prompt is one message
 */
record ChatStyle(ChatFormat format, boolean asTurns) {}
