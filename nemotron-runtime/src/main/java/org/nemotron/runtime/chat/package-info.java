/**
 * From the turns of a conversation to the prompt that a model was trained on.
 *
 * <p>A {@link org.nemotron.runtime.chat.ChatTemplate} renders the Jinja template of a checkpoint as
 * Hugging Face transformers does. A template is untrusted code: it has access to the messages and
 * to nothing of the machine, and its work is bounded.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.runtime.chat;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
