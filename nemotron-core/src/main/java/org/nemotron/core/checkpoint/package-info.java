/**
 * Models in files: {@link org.nemotron.core.checkpoint.ModelReader} makes a model of a Hugging
 * Face, nemotron-nas (DeciLM) or GGUF checkpoint, {@link org.nemotron.core.checkpoint.ModelWriter}
 * and {@link org.nemotron.core.checkpoint.GgufModelWriter} the reverse.
 *
 * <p>Nothing in a file is trusted: a fault is reported by {@link
 * org.nemotron.core.checkpoint.format.CheckpointFormatException}. The formats are in packages
 * below: {@code format} (shared types), {@code safetensors}, {@code huggingface}, {@code gguf}.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.core.checkpoint;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
