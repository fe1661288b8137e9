/**
 * Models on disk: safetensors, Hugging Face directories, irregular child models and GGUF.
 *
 * <p>The pipeline's first step reads its parent here and its last step writes the child. Files that
 * contradict themselves end in {@code CheckpointFormatException}, which names file, tensor and
 * rule.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.core.checkpoint;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
