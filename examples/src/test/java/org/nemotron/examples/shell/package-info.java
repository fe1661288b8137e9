/** Tests of what the shell gives and gets. */
@NullMarked
package org.nemotron.examples.shell;

import org.jspecify.annotations.NullMarked;
