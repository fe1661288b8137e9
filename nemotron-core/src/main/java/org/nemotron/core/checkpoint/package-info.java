/**
 * Models in files: {@link org.nemotron.core.checkpoint.ModelReader} makes a model of a Hugging
 * Face, nemotron-nas (DeciLM) or GGUF checkpoint, {@link org.nemotron.core.checkpoint.ModelWriter}
 * and {@link org.nemotron.core.checkpoint.GgufModelWriter} the reverse.
 *
 * <p>Nothing in a file is trusted: what is wrong with one is said by {@link
 * org.nemotron.core.checkpoint.format.CheckpointFormatException}. The formats themselves lie below:
 * {@code format} (what they share), {@code safetensors}, {@code huggingface}, {@code gguf}.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.core.checkpoint;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
