/**
 * Directories in Hugging Face form: config.json of each family, nemotron-nas (DeciLM) and AnyModel
 * block configurations, weights in one file or in shards.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.core.checkpoint.huggingface;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
