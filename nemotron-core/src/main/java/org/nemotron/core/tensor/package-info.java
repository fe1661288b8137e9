/**
 * Native memory and its devices: the only package that uses JavaCPP's scopes.
 *
 * <p>Start at {@code NativeScope}: a tensor belongs to the innermost open scope until it is kept.
 * Devices, element types and random seeds are values of this package too.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.core.tensor;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
