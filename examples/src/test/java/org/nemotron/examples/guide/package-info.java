/** What docs/apiguide.md shows, run; and that the guide shows what is run. */
@NullMarked
@CheckReturnValue
package org.nemotron.examples.guide;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
