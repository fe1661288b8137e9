/** The JSON files beside a model's weights; for the other packages of this module, not exported. */
@NullMarked
@CheckReturnValue
package org.nemotron.runtime.config;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
