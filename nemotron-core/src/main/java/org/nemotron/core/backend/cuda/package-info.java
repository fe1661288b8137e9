/**
 * Steps on a CUDA GPU: recorded as graphs, one for each batch size; for few rows one persistent
 * kernel that goes through all layers.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.core.backend.cuda;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
