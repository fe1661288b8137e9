/**
 * The GGUF format: header, tensors and their quantized blocks, tokenizers, and architectures as
 * llama.cpp names them.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.core.checkpoint.gguf;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
