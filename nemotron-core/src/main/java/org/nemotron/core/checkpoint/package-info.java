/**
 * Models in files: safetensors, Hugging Face Llama directories in, nemotron-nas (DeciLM)
 * directories in and out.
 *
 * <p>Entry types: {@link org.nemotron.core.checkpoint.ModelReader} makes a model of a directory,
 * {@link org.nemotron.core.checkpoint.ModelWriter} the reverse. Nothing in a file is trusted: what
 * is wrong with one is said by {@link org.nemotron.core.checkpoint.CheckpointFormatException}.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.core.checkpoint;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
