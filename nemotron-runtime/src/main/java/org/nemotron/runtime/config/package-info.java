/** JSON for the other packages of this module: files beside weights, and faults; not exported. */
@NullMarked
@CheckReturnValue
package org.nemotron.runtime.config;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
