/**
 * Native memory and where it lives: the only package that knows JavaCPP lifetimes.
 *
 * <p>Start at {@code NativeScope}: a tensor belongs to the innermost open scope until it is kept.
 * Devices, element types and random seeds are values of this package too.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.core.tensor;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
