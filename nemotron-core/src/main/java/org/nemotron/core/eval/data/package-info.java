/**
 * Files of benchmark data: JSON lines, JSON, CSV and plain text, compressed or in archives, as
 * records.
 *
 * <p>{@link org.nemotron.core.eval.data.DataDirectory} finds and reads them.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.core.eval.data;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
