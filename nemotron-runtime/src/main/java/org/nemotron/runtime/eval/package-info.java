/**
 * The engine under benchmarks: {@link org.nemotron.runtime.eval.EngineModel} puts their requests to
 * a {@link org.nemotron.runtime.engine.TextGenerator}.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.runtime.eval;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
