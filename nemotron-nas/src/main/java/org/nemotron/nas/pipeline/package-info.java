/**
 * All stages in order: the only package that defines their sequence.
 *
 * <p>Start at {@code CompressionPipeline}, which takes a {@code CompressionPlan} and reads like the
 * method's abstract. Results of finished stages are kept on disk and reused by the next run.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.nas.pipeline;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
