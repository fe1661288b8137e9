/**
 * Several processes at one run: who they are ({@link
 * org.nemotron.core.distributed.RankEnvironment}), what they exchange ({@link
 * org.nemotron.core.distributed.Communicator}), and which of them is missing when one is. Tensors
 * travel by LibTorch's Gloo on the CPU and by NCCL between GPUs.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.core.distributed;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
