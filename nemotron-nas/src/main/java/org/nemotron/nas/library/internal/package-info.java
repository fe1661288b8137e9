/**
 * What the stages of a run share about candidates at work, in tensors. Not exported: applications
 * name no type of LibTorch that is not in core.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.nas.library.internal;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
