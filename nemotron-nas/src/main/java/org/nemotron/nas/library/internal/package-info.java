/**
 * Candidates at work, in tensors, shared by the stages. Not exported: outside of core no type of
 * LibTorch is part of the API.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.nas.library.internal;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
