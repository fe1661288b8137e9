package org.nemotron.nas.distill;

import org.bytedeco.pytorch.Tensor;

/**
 * A loss times its batch's weight: float32 scalars on the device, owned by the scope in which they
 * were computed.
 *
 * @param whole all of it
 * @param ofSeams the part that compares hidden states; 0 where none does
 */
record LossValue(Tensor whole, Tensor ofSeams) {}
