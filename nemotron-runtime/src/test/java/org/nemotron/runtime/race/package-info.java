/** Our engine against llama.cpp, in turns; run by hand, since it wants a quiet machine. */
@NullMarked
package org.nemotron.runtime.race;

import org.jspecify.annotations.NullMarked;
