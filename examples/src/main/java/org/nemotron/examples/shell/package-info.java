/**
 * What the shell gives to the programs and gets from them: arguments, paths and output, whatever
 * the locale, and faults in sentences. {@link org.nemotron.examples.shell.Shell} runs a command.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.examples.shell;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
