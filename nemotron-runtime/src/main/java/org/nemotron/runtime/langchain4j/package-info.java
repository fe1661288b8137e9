/**
 * Models of LangChain4j over one {@link org.nemotron.runtime.engine.TextGenerator}, in the same
 * process: {@link org.nemotron.runtime.langchain4j.LangChainModels}. Needs langchain4j-core.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.runtime.langchain4j;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
