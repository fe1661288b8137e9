package org.nemotron.nas.distill;

import com.google.common.collect.ImmutableMap;
import org.bytedeco.pytorch.Tensor;

/**
 * What an optimizer knows of tensors or pieces of them, by how it is cut when they are cut anew. It
 * belongs to the optimizer.
 *
 * @param byElement a number for each element, {@code [n]}, by kind and tensor
 * @param byBlock a row for each block of {@link EightBitMoments#BLOCK} elements, by kind and tensor
 * @param byTensor what all pieces of a tensor have in common, by kind and tensor
 * @param common what all tensors have in common, by kind
 */
record OptimizerTensors(
    ImmutableMap<String, ImmutableMap<String, Tensor>> byElement,
    ImmutableMap<String, ImmutableMap<String, Tensor>> byBlock,
    ImmutableMap<String, ImmutableMap<String, Tensor>> byTensor,
    ImmutableMap<String, Tensor> common) {}
