/**
<<<<<<< HEAD
 * Models on disk: safetensors, Hugging Face directories, irregular child models and GGUF.
 *
 * <p>The pipeline's first step reads its parent here and its last step writes the child. Files that
 * contradict themselves end in {@code CheckpointFormatException}, which names file, tensor and
 * rule.
=======
 * Models in files: safetensors, Hugging Face Llama directories in, nemotron-nas (DeciLM)
 * directories in and out.
 *
 * <p>Entry types: {@link org.nemotron.core.checkpoint.ModelReader} makes a model of a directory,
 * {@link org.nemotron.core.checkpoint.ModelWriter} the reverse. Nothing in a file is trusted: what
 * is wrong with one is said by {@link org.nemotron.core.checkpoint.CheckpointFormatException}.
>>>>>>> main
 */
@NullMarked
@CheckReturnValue
package org.nemotron.core.checkpoint;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
