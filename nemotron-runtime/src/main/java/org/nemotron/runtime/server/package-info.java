/**
 * Serves a {@link org.nemotron.runtime.engine.TextGenerator} over HTTP with the API of OpenAI.
 *
 * <p>{@link org.nemotron.runtime.server.InferenceServer} is the entry; docs/serving.md tells
 * endpoints, fields and errors. The package needs two optional dependencies of this module: Vert.x
 * core, and for {@code /metrics} the Prometheus client.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.runtime.server;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
