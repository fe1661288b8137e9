/**
 * How fast models serve: scenarios, batch sizes and a load of random arrivals, as the blog shows.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.examples.serving;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
