/**
 * Which rank does or has what: arithmetic alone, without models or processes, for the stages and
 * for the simulator of their schedules. Every rank computes the same shards from the same numbers.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.nas.shard;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
