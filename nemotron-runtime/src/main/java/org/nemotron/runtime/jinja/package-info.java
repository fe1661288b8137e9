/**
 * An interpreter of Jinja templates with the meaning that Jinja2 3.1 gives them in Python, as
 * Hugging Face transformers sets it up: an immutable sandbox without files and modules, {@code
 * trim_blocks} and {@code lstrip_blocks}, {@code break} and {@code continue}.
 *
 * <p>{@link org.nemotron.runtime.jinja.JinjaTemplate} parses a source ({@code Lexer}, {@code
 * Parser}) into {@code Statement}s and {@code Expression}s, which are evaluated over {@link
 * org.nemotron.runtime.jinja.Value}s: Python's values with Python's operations. Values are
 * immutable but for namespaces and iterators, and bounded in size; the work of one rendering is
 * bounded by its {@code Budget}. What Jinja2 has and this package has not is refused by name.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.runtime.jinja;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
