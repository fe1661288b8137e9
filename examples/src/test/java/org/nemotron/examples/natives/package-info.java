/** What applications see of the native libraries: where they are missing, and at their start. */
@NullMarked
package org.nemotron.examples.natives;

import org.jspecify.annotations.NullMarked;
